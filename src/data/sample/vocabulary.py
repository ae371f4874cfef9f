"""What people and tools write: places, names, titles and texts, all of them common or invented."""

from typing import NamedTuple

NEAR, REACH, FAR, ABROAD = 1, 2, 3, 4  # positions in design.BANDS


class Place(NamedTuple):
    city: str
    spellings: tuple[str, ...]
    region: str
    region_spellings: tuple[str, ...]
    country: str
    postal_prefix: str  # empty: forms abroad do not ask
    band: int
    share: float


def spain(city, region, prefix, band, share, spellings=(), regions=()):
    return Place(city, spellings, region, regions, "ES", prefix, band, share)


def abroad(city, country, share, spellings=()):
    return Place(city, spellings, "", (), country, "", ABROAD, share)


PLACES = (
    spain("Madrid", "Madrid", "280", NEAR, 0.24, ("MADRID", "madrid"), ("Comunidad de Madrid",)),
    spain("Alcalá de Henares", "Madrid", "288", NEAR, 0.03, ("Alcala de Henares", "ALCALÁ DE HENARES")),
    spain("Getafe", "Madrid", "289", NEAR, 0.025, ("getafe", "GETAFE")),
    spain("Móstoles", "Madrid", "289", NEAR, 0.025, ("Mostoles", "MOSTOLES")),
    spain("Sevilla", "Sevilla", "410", NEAR, 0.13, ("SEVILLA", "sevilla", "Seville"), ("SEVILLA", "Seville")),
    spain("Dos Hermanas", "Sevilla", "417", NEAR, 0.02, ("dos hermanas", "DOS HERMANAS")),
    spain("Toledo", "Toledo", "450", REACH, 0.025, ("TOLEDO", "toledo")),
    spain("Guadalajara", "Guadalajara", "190", REACH, 0.015, ("guadalajara",)),
    spain("Segovia", "Segovia", "400", REACH, 0.01, ("SEGOVIA",)),
    spain("Ávila", "Ávila", "050", REACH, 0.008, ("Avila", "AVILA"), ("Avila",)),
    spain("Huelva", "Huelva", "210", REACH, 0.02, ("HUELVA", "huelva")),
    spain("Cádiz", "Cádiz", "110", REACH, 0.02, ("Cadiz", "CADIZ"), ("Cadiz",)),
    spain("Córdoba", "Córdoba", "140", REACH, 0.022, ("Cordoba", "CÓRDOBA"), ("Cordoba",)),
    spain("Barcelona", "Barcelona", "080", FAR, 0.09, ("BARCELONA", "barcelona", "BCN"), ("Cataluña",)),
    spain("Valencia", "Valencia", "460", FAR, 0.06, ("València", "valencia"), ("Comunidad Valenciana",)),
    spain("Zaragoza", "Zaragoza", "500", FAR, 0.03, ("ZARAGOZA", "Saragossa"), ("Aragón",)),
    spain("Bilbao", "Vizcaya", "480", FAR, 0.03, ("bilbao", "Bilbo"), ("Bizkaia", "País Vasco")),
    spain("Murcia", "Murcia", "300", FAR, 0.02, ("murcia", "MURCIA"), ("Región de Murcia",)),
    spain("Granada", "Granada", "180", FAR, 0.02, ("granada",)),
    spain("Alicante", "Alicante", "030", FAR, 0.02, ("Alacant", "alicante")),
    spain("A Coruña", "A Coruña", "150", FAR, 0.015, ("La Coruña", "a coruña"), ("La Coruña",)),
    spain("Palma", "Illes Balears", "070", FAR, 0.015, ("Palma de Mallorca",), ("Baleares", "Islas Baleares")),
    spain("Las Palmas de Gran Canaria", "Las Palmas", "350", FAR, 0.012, ("Las Palmas",)),
    spain("Valladolid", "Valladolid", "470", FAR, 0.015, ("valladolid",)),
    abroad("Ciudad de México", "MX", 0.02, ("CDMX", "Mexico City")),
    abroad("Bogotá", "CO", 0.02, ("Bogota", "BOGOTA")),
    abroad("Lisboa", "PT", 0.014, ("Lisbon", "lisboa")),
    abroad("París", "FR", 0.007, ("Paris",)),
    abroad("Berlín", "DE", 0.004, ("Berlin",)),
    abroad("Buenos Aires", "AR", 0.008, ("CABA", "Bs. As.")),
    abroad("Lima", "PE", 0.008, ("lima",)),
)

COUNTRIES = {
    "ES": ("España", "España", "España", "España", "españa", "Spain", "ES", "ESPAÑA", "Espana"),
    "MX": ("México", "Mexico", "MX"),
    "CO": ("Colombia", "colombia", "CO"),
    "PT": ("Portugal", "PT", "portugal"),
    "FR": ("Francia", "France", "FR"),
    "DE": ("Alemania", "Germany", "DE"),
    "AR": ("Argentina", "AR"),
    "PE": ("Perú", "Peru", "PE"),
}
PHONES_ABROAD = {  # country code and first digits; seven digits of the person follow
    "MX": "+52551", "CO": "+57300", "PT": "+35193", "FR": "+3367",
    "DE": "+491511", "AR": "+549114", "PE": "+5198",
}  # fmt: skip

FIRST_NAMES = (
    "María", "Carmen", "Ana", "Laura", "Lucía", "Marta", "Paula", "Elena", "Cristina", "Sara",
    "Isabel", "Pilar", "Raquel", "Beatriz", "Silvia", "Nuria", "Rocío", "Irene", "Alba", "Patricia",
    "Antonio", "José", "Manuel", "Francisco", "David", "Juan", "Javier", "Daniel", "Carlos", "Jesús",
    "Alejandro", "Miguel", "Rafael", "Pablo", "Pedro", "Ángel", "Sergio", "Fernando", "Luis", "Jorge",
)  # fmt: skip
LAST_NAMES = (
    "García", "Rodríguez", "González", "Fernández", "López", "Martínez", "Sánchez", "Pérez", "Gómez",
    "Martín", "Jiménez", "Ruiz", "Hernández", "Díaz", "Moreno", "Muñoz", "Álvarez", "Romero", "Alonso",
    "Gutiérrez", "Navarro", "Torres", "Domínguez", "Vázquez", "Ramos", "Gil", "Ramírez", "Serrano",
    "Blanco", "Molina", "Morales", "Suárez", "Ortega", "Delgado", "Castro", "Ortiz", "Rubio", "Marín",
)  # fmt: skip

JOB_TITLES = {
    "student": (
        "Estudiante", "estudiante", "Estudiante de ADE", "Estudiante universitaria", "Student", "Becario",
        "Becaria", "becario/a", "En paro", "Desempleado", "Desempleada", "Opositora", "Intern", "en prácticas",
    ),
    "staff": (
        "Administrativo", "Administrativa", "Aux. administrativo", "Auxiliar administrativa", "Dependienta",
        "Recepcionista", "Secretaria", "Operario", "Teleoperadora", "Camarero", "Cajera", "Adtvo.",
        "Office assistant", "Asistente", "Auxiliar de clínica", "Mozo de almacén",
    ),
    "specialist": (
        "Ingeniero", "Ingeniera informática", "Ing. industrial", "Técnico de RRHH", "Técnica de marketing",
        "Analista de datos", "Data analyst", "Consultor", "Consultora", "Abogada", "Contable", "Profesora",
        "Desarrollador web", "Software developer", "Diseñadora gráfica", "Enfermera", "Arquitecto", "Tco. calidad",
    ),
    "manager": (
        "Responsable de formación", "Resp. de formación", "Resp. RRHH", "Responsable de marketing",
        "Jefe de ventas", "Jefa de compras", "Jefe de proyecto", "Marketing Manager", "HR Manager",
        "Coordinadora", "Coordinador de equipo", "Encargado de tienda", "Mánager", "Team Lead", "Jefa de RR.HH.",
    ),
    "director": (
        "Director general", "Directora general", "Directora de RRHH", "Dtor. comercial", "Dir. financiero",
        "Director de formación", "CEO", "C.E.O.", "Gerente", "gerente", "Propietario", "Fundadora",
        "Co-founder", "Managing Director", "CFO", "Socio director", "Head of Sales", "Dueña",
    ),
}  # fmt: skip

SIZE_TEXTS = {
    "self": ("1", "autónomo", "Autónoma", "autonomo", "freelance", "solo yo", "1 empleado"),
    "micro": ("2-10", "2-9", "de 2 a 9", "1-10", "5", "7", "menos de 10", "micropyme", "8 empleados"),
    "sme": ("11-50", "de 10 a 49", "51-200", "de 50 a 249", "pyme", "PYME", "35", "120", "11 - 50", "50-249"),
    "large": ("201-500", "501-1000", "más de 250", "1.000+", "+1000", "1001-5000", "250 o más", "3.500"),
}  # fmt: skip

SECTOR_TEXTS = {
    "technology": ("Tecnología", "Informática", "informatica", "IT", "Software", "TIC", "Technology", "Telecom"),
    "health": ("Sanidad", "Salud", "Healthcare", "Farmacia", "Hospitales", "Sector sanitario"),
    "education": ("Educación", "educacion", "Enseñanza", "Education", "Formación", "Universidad"),
    "trade": ("Comercio", "Retail", "Hostelería", "hosteleria", "Turismo", "Restauración", "Comercio minorista"),
    "industry": ("Industria", "Construcción", "Manufacturing", "Automoción", "Logística", "Alimentación (fábrica)"),
    "public": ("Administración pública", "Administracion", "Ayuntamiento", "Sector público", "Public sector"),
    "services": ("Banca", "Seguros", "Consultoría", "Servicios profesionales", "Finance", "Asesoría"),
}  # fmt: skip

COURSES = ("Marketing Digital", "Análisis de Datos", "Excel Avanzado", "Inglés Profesional",
           "Gestión de Proyectos", "Recursos Humanos", "Contabilidad", "Programación Web")  # fmt: skip
OFFER_TEXTS = {
    "online": ("Curso online de {}", "{} (online)"),
    "presencial": ("Curso presencial de {}", "{} (presencial)"),
    "empresas": ("Formación para empresas: {}", "Servicio a empresas - {}"),
}

GREETINGS = ("Hola, ", "Buenos días: ", "Buenas tardes, ", "Hola!! ", "", "Muy buenas, ", "Hola; ", "Buenas. ")
FAREWELLS = ("", " Gracias.", " Un saludo", "\nGracias y un saludo.", " Muchas gracias!", "\nSaludos")
MESSAGE_TEXTS = {
    "information": (
        'Quisiera recibir información sobre el curso de "{}".', "Me gustaría tener más información de {}.",
        "¿Qué temario tiene {}?", "Estoy buscando formación en {}; ¿me podéis informar?",
        "Queria saber los horarios de {}.", "I would like more information about {}.", "Info sobre {} por favor.",
    ),
    "price": (
        "¿Qué precio tiene el curso de {}?", "Cuánto cuesta {}; y se puede pagar a plazos?",
        "Me podéis mandar un presupuesto de {}?", "¿Cuál es el coste de {}?", "How much is the {} course?",
    ),
    "ready": (
        "Quiero matricularme en {}.", "Quiero apuntarme ya al curso de {}; llamadme cuanto antes.",
        "Necesito empezar {} este mes, ¿cómo me inscribo?", "I want to enrol in {} as soon as possible.",
        "Estoy decidida, quiero reservar plaza en {}.",
    ),
    "discount": (
        "¿Tenéis algún descuento para {}?", "Hay beca o promoción para {}?", "¿Es gratis {}? ¿Hay ofertas?",
        "Any discount for {}?", "Soy antiguo alumno, ¿hay descuento en {}?",
    ),
    "job": (
        "Os envío mi CV; busco trabajo como docente de {}.", "Busco empleo, ¿necesitáis profesores de {}?",
        "Quiero trabajar con vosotros, adjunto currículum ({}).",
    ),
}  # fmt: skip

SOURCES = {
    "organico": ("google", "google", "Google", "bing", "GOOGLE"),
    "sem": ("google", "Google Ads", "google", "bing ads"),
    "social": ("facebook", "Instagram", "instagram", "LinkedIn", "tiktok", "Facebook"),
    "email": ("boletín", "boletin", "newsletter"),
    "directo": ("(directo)", "directo"),
    "recomendacion": ("alumno", "partner", "Alumno"),
    "ferias": ("Aula Muestra", "Expo Forma"),
    "portales": ("portal-cursos", "comparador", "Portal-Cursos"),
}
CHANNEL_TEXTS = {
    "organico": "Búsqueda orgánica", "sem": "Búsqueda de pago", "social": "Redes sociales (pago)", "email": "E-mail",
    "directo": "Tráfico directo", "recomendacion": "Recomendación", "ferias": "Ferias", "portales": "Portales",
}  # fmt: skip
CAMPAIGNS = {
    "organico": ("",), "directo": ("",), "recomendacion": ("", "amigo-{}"), "ferias": ("feria-{}",),
    "sem": ("marca-{}", "generica-{}", "cursos-{}"), "social": ("prospeccion-{}", "remarketing-{}", "video-{}"),
    "email": ("boletin-{}", "reactivacion-{}"), "portales": ("listado-{}",),
}  # fmt: skip
FORM_TEXTS = {
    "newsletter": ("Alta boletín", "/boletin"),
    "descarga": ("Descarga de guía", "/recursos/guia"),
    "informacion": ("Solicitud de información", "/cursos"),
    "inscripcion": ("Inscripción", "/inscripcion"),
    "presupuesto": ("Presupuesto empresas", "/empresas"),
    "llamada": ("Te llamamos", "/te-llamamos"),
}

FREE_DOMAINS = ("gmail.com", "gmail.com", "hotmail.com", "hotmail.es", "yahoo.es", "outlook.com", "icloud.com")
DISPOSABLE_DOMAINS = ("mailinator.com", "yopmail.com", "guerrillamail.com", "trashmail.com", "sharklasers.com")
COMPANY_KINDS = ("Industrias", "Grupo", "Servicios", "Talleres", "Clínica", "Comercial", "Estudio", "Soluciones")
COMPANY_SYLLABLES = ("vel", "mar", "tor", "nex", "lum", "ari", "bel", "dro", "sil", "qui", "zan", "ovi", "rem", "pal")
COMPANY_ENDINGS = ("", " S.L.", " SL", " S.A.", ", S.L.")

SPAM_MESSAGES = (
    "Increase your sales now!!! Visit http://seo-boost.example/offer?id=7",
    "Dear sir; we offer cheap traffic: https://traffic-4-you.example buy now",
    "Ganar dinero rapido desde casa >>> http://dinero-facil.example/alta <<<",
    'Best "crypto" investment https://coin-win.example click click click',
)
SPAM_PHONES = ("0000000000", "1111111111", "123456", "999999999999999", "+000000000", "12345678901234567")

ASSETS = {
    "intent": ("/precios", "/contacto", "/inscripcion", "/solicita-una-demo"),
    "look": ("/", "/cursos/marketing-digital", "/cursos/analisis-de-datos", "/cursos/excel-avanzado",
             "/cursos/ingles-profesional", "/cursos/gestion-de-proyectos", "/empresas", "/centros/madrid",
             "/centros/sevilla", "/preguntas-frecuentes"),
    "read": ("/blog/como-elegir-curso", "/blog/tendencias", "/blog/trucos-excel", "/blog/empleo-y-formacion",
             "/blog/entrevistas", "/blog/productividad"),
}  # fmt: skip
PROCESS_ASSETS = {
    "content_downloaded": ("guia-cursos.pdf", "temario.pdf", "plan-de-estudios.pdf", "informe-salarios.pdf"),
    "event_registered": ("webinar-marketing", "webinar-datos", "jornada-puertas-abiertas"),
    "ad_clicked": ("anuncio-precio", "anuncio-video", "anuncio-carrusel"),
    "social_engaged": ("me-gusta", "comentario", "compartido"),
    "chat_started": ("/precios", "/cursos", "/contacto"),
    "meeting_booked": ("asesoria-15-min", "visita-centro"),
    "form_submitted": ("/cursos", "/contacto", "/inscripcion"),
}
EVENT_NAMES = {  # canonical kind: the name in the company's tool
    "email_sent": "envio", "email_delivered": "entrega", "email_opened": "apertura", "email_clicked": "clic",
    "email_bounced": "rebote", "unsubscribed": "baja", "page_viewed": "pagina_vista", "form_submitted": "formulario",
    "content_downloaded": "descarga", "event_registered": "registro_evento", "event_attended": "asistencia_evento",
    "ad_clicked": "clic_anuncio", "social_engaged": "interaccion_social", "chat_started": "chat",
    "call_made": "llamada", "call_answered": "llamada_contestada", "meeting_booked": "reunion",
}  # fmt: skip
KINDS = tuple(EVENT_NAMES)

CLIENTS = ("Centro Norte", "Centro Sur", "Academia Atlas", "Instituto Delta", "Escuela Prisma")
LOST_REASONS = ("Precio", "No contesta", "Eligió otra opción", "Sin presupuesto", "No le interesa", "Más adelante")
REFUSAL_REASONS = ("Datos incompletos", "Fuera de zona", "No localizable", "Perfil no válido", "Duplicado")
OWNERS = ("comercial1", "comercial2", "comercial3", "comercial4", "comercial5")
