"""What the figures bring along in English, in the language of the page: the words of metrics and of their audit.

The stages before the reports know of no language: the catalogue of the metrics and the reasons of the audit
are English texts, many of them made of a pattern. The patterns are repeated here as messages. A text is
matched against them, and what stood in the places is put into the translation; what matches none, such as
a name that a source brings along, is shown as it is.
"""

import re
from functools import cache
from string import Formatter

from src.reports.language import mark, translate, write_digits

TEMPLATES = (
    # Meanings of what leads do.
    mark("How often: {kind}."),
    mark("How often in the {days} days before the snapshot: {kind}."),
    mark("How often, each counting half after every {days} days: {kind}."),
    mark("Since the last time: {kind}."),
    mark("Since the first activity of any kind."),
    mark("Own activities of the last 7 days, less the weekly mean of the 21 days before."),
    mark("Visits, a new one after {minutes} minutes of pause."),
    mark("Days (UTC) with anything done."),
    mark("The longest pause between two activities."),
    mark("Own activities from Monday to Friday between {start} and {end} hours (UTC)."),
    mark("Those from Monday to Friday after {end} (UTC)."),
    mark("Those of Saturday and Sunday (UTC)."),
    mark("Different pages, e-mails, files."),
    mark("Different campaigns."),
    mark("Different channels."),
    mark("Assets that name one of: {words}."),
    mark("Since the last of those."),
    mark("The same, each counting half after every {days} days."),
    mark("Channel of the first own activity with one."),
    mark("Channel of the last own activity with one."),
    mark("E-mails sent to the lead."),
    mark("E-mails a person opened."),
    mark("E-mails a person clicked."),
    mark("E-mails that bounced per e-mail sent."),
    mark("Opens and clicks within {seconds} seconds of the delivery."),
    mark("Others whose asset or channel names one of: {words}."),
    mark("Other clicks that came in bursts: at least {clicks} within {seconds} seconds."),
    mark("Whether the lead has unsubscribed."),
    mark("E-mails sent to it after that."),
    mark("E-mails and calls followed within {days} days by a click, a form, an answered call or a meeting."),
    mark("Share of e-mails and calls followed within {days} days by a click, a form, an answered call or a meeting."),
    mark("E-mails and calls since the lead last did anything itself."),
    mark("Since the first of those: how long the lead has been silent."),
    mark("E-mails opened by a person per e-mail sent, smoothed toward everybody's rate."),
    mark("E-mails clicked by a person per e-mail sent, smoothed toward everybody's rate."),
    mark("E-mails clicked by a person per e-mail opened by one, smoothed toward everybody's rate."),
    # Meanings of what leads tell.
    mark("Country the lead gave, else the one deduced."),
    mark("What tells the country."),
    mark("The company can sell where the lead is (explicit.markets)."),
    mark("Region, in Spain the province where it is known: given, else of the city, else of the postal code."),
    mark("City the lead gave, without accents and capitals."),
    mark("Distance to the nearest place at which offers happen (explicit.sites)."),
    mark("What the distance is measured from; a postal code or a region counts as its largest city."),
    mark("What the lead asks about."),
    mark("Where it happens, by its name (rules/offer_place.yaml)."),
    mark("Distance to the nearest site (explicit.sites) of a lead that asks for something in a room."),
    mark("The lead told its job title."),
    mark("How senior the job is, the highest of several (rules/seniority.yaml)."),
    mark("What the job is about, the first of several (rules/job_function.yaml)."),
    mark(
        "What the lead has to say about a purchase: 0 nothing, 1 uses it, 2 advises, 3 decides with others, "
        "4 decides; more in a small company (rules/decision_power.yaml)."
    ),
    mark(
        "The budget the lead is likely to decide on: decision_power times the digits of the company's size, "
        "log10(1 + employees)."
    ),
    mark("The job is one of those the offers are for (explicit.target_functions)."),
    mark("The lead named a company."),
    mark("Employees of the company; of a range its geometric mean, of an open one its bound."),
    mark("The size by the bands of EU Recommendation 2003/361: 1, below 10, 50 and 250, above."),
    mark("What the company does, by codes and synonyms (rules/sector.yaml)."),
    mark("The lead's own words for the sector, which also tell what no rule knows."),
    mark("The section is one the offers are for (explicit.target_sectors)."),
    mark("The lead gave an e-mail address."),
    mark("The address is written as one can be."),
    mark("Whose domain the address is of: an organisation's, a free provider's (or a slip of it), a throw-away's."),
    mark("The valid address is a post's (info@), not a person's."),
    mark("The corporate address is at a domain named after the company the lead gave."),
    mark("The lead gave a phone number."),
    mark("The number can exist in its country."),
    mark("What kind of line the number is of."),
    mark("The number is of the country the lead gave."),
    mark("Channels that can be used: a valid number, a valid address neither misspelt nor a throw-away's."),
    mark("Form the lead came in by."),
    mark("What the form is for, by its name or else its landing page (rules/form_kind.yaml)."),
    mark("Channel the lead came in by."),
    mark("Source within the channel."),
    mark("Campaign the lead answered."),
    mark("Page the lead came in on, without what follows ? and #."),
    mark("Fields the lead filled in."),
    mark("Share of the fields the form asks, as its earlier leads show, that the lead filled in."),
    mark("Fields the form asks, as its earlier leads show, that the lead did not fill in."),
    mark("The form asks for the {field} and the lead did not give it; missing where the form does not ask."),
    mark("Length of the message; 0 without one."),
    mark("Language of the message (rules/languages.yaml); missing where it is too short to tell."),
    mark("What the lead says it wants, in the message or else in the form's name (rules/intent.yaml)."),
    mark("Hour of the creation, in the lead's own time."),
    mark("Day of the week, in the lead's own time."),
    mark("Created from Monday to Friday between 9:00 and 18:00, in the lead's own time."),
    mark("What the lead consented to."),
    mark("Earlier leads of the same person."),
    mark("Days since the person's latest earlier lead; missing for the first."),
    mark("Earlier leads of the person won by then."),
    mark("Earlier leads of the person lost by then."),
    mark("Earlier leads of the person that a client had accepted by then."),
    mark("Earlier leads of the person that a client had rejected or returned by then."),
    mark("Points of all signs that the lead is spam or rubbish (rules/spam.yaml); 0 without any."),
    mark("A word of the name has letters in an order that names do not have."),
    mark("There is a link in the name, or one in the message to neither a trusted site nor the lead's own."),
    mark("The source's column {column}."),
    mark("Length of the source's column {column}."),
    mark("Days from the source's column {column} to the creation of the lead."),
    # Groups of metrics; their other names are words.
    mark("last {days} days"),
    mark("decayed, half-life {days} days"),
    # Why the audit doubts a metric.
    mark("alone it ranks leads far better than the other columns do (AUC {auc})"),
    mark("{certain} of the conversions have values with which nearly all leads convert"),
    mark("{future} of its dates lie after the lead came in"),
    mark("it is counted up lead by lead, and out of turn for those that convert (AUC {auc})"),
    mark("{unexplained} of the leads still open have values that neither winners nor losers of their time have"),
    mark(
        "it has the values of {column} but differs on {share_different} of the leads, of which {rate_different} "
        "convert and of the rest {rate_equal}: one of the two is kept up to date"
    ),
    mark("whether it is filled in tells by itself who converts (AUC {missing})"),
    mark("whether it is filled in tells by itself who converts even among leads of one form (AUC {missing})"),
    mark("filled in for {filled_older} of older leads and {filled_newest} of the newest"),
    mark("older leads have higher values: it may go on growing"),
    mark("declared as known later: it may hold what happened after the decision (AUC {auc})"),
    mark("alone it ranks leads better than all unsuspected metrics together"),
)
"""The patterns of whole texts; no text matches two."""

WORDS = frozenset(
    (
        # Groups, and what several of them are told as.
        mark("location"),
        mark("offer"),
        mark("job title"),
        mark("company"),
        mark("contact"),
        mark("form"),
        mark("person"),
        mark("spam"),
        mark("own columns"),
        mark("totals"),
        mark("after the outcome"),
        mark("counts"),
        mark("recency"),
        mark("rhythm"),
        mark("variety"),
        mark("high intent"),
        mark("touch"),
        mark("e-mail"),
        mark("false engagement"),
        mark("outreach"),
        mark("how often"),
        # Units.
        mark("activities"),
        mark("address"),
        mark("as in the source"),
        mark("assets"),
        mark("campaigns"),
        mark("channels"),
        mark("characters"),
        mark("days"),
        mark("e-mails"),
        mark("employees"),
        mark("fields"),
        mark("hours"),
        mark("km"),
        mark("leads"),
        mark("name"),
        mark("points"),
        mark("sessions"),
        mark("share"),
        mark("yes/no"),
        mark("no or as given"),
        mark("0 to 4"),
        mark("ISO 3166 code"),
        mark("ISO 3166-2 code"),
        mark("ISO 639-1 code"),
        mark("section of NACE Rev. 2"),
        # Columns of the leads and of the log.
        mark("activity"),
        mark("asset"),
        mark("campaign"),
        mark("channel"),
        mark("city"),
        mark("company size"),
        mark("consent"),
        mark("country"),
        mark("created at"),
        mark("email"),
        mark("every column a lead fills in"),
        mark("first name"),
        mark("honeypot"),
        mark("landing page"),
        mark("last name"),
        mark("message"),
        mark("or email and phone"),
        mark("outcomes"),
        mark("phone"),
        mark("place"),
        mark("postal code"),
        mark("region"),
        mark("sector"),
        mark("source"),
        # Kinds of activity.
        mark("any activity"),
        mark("email sent"),
        mark("email delivered"),
        mark("email opened"),
        mark("email clicked"),
        mark("email bounced"),
        mark("unsubscribed"),
        mark("page viewed"),
        mark("form submitted"),
        mark("content downloaded"),
        mark("event registered"),
        mark("event attended"),
        mark("ad clicked"),
        mark("social engaged"),
        mark("chat started"),
        mark("call made"),
        mark("call answered"),
        mark("meeting booked"),
        # Signs of spam.
        mark("hidden field filled in"),
        mark("gibberish name"),
        mark("link in the name"),
        mark("link in the message"),
        mark("link of a shortening service"),
        mark("throw-away address"),
        mark("name that stands for none"),
        mark("address that stands for none"),
        mark("same address many times in a short time"),
        mark("same message from many senders in a short time"),
        mark("impossible phone"),
        # Values that the rules give, for units and for `say_category`.
        mark("given"),
        mark("online"),
        mark("online or in a room"),
        mark("at the company"),
        mark("in a room"),
        mark("student"),
        mark("staff"),
        mark("specialist"),
        mark("manager"),
        mark("director"),
        mark("executive"),
        mark("owner"),
        mark("HR"),
        mark("IT"),
        mark("education"),
        mark("engineering"),
        mark("finance"),
        mark("health"),
        mark("legal"),
        mark("management"),
        mark("marketing"),
        mark("operations"),
        mark("purchasing"),
        mark("sales"),
        mark("other"),
        mark("self-employed"),
        mark("micro"),
        mark("small"),
        mark("medium"),
        mark("large"),
        mark("corporate"),
        mark("free"),
        mark("misspelt"),
        mark("disposable"),
        mark("invalid"),
        mark("mobile"),
        mark("landline"),
        mark("mobile or landline"),
        mark("e-mail and phone"),
        mark("nothing"),
        mark("job"),
        mark("complaint"),
        mark("discount"),
        mark("purchase"),
        mark("call"),
        mark("quote"),
        mark("information"),
        mark("lead ad"),
        mark("newsletter"),
        mark("event"),
        mark("download"),
        mark("demo"),
        mark("appointment"),
        mark("support"),
        mark("chat"),
        mark("import"),
        mark("yes"),
        mark("no"),
        mark("monday"),
        mark("tuesday"),
        mark("wednesday"),
        mark("thursday"),
        mark("friday"),
        mark("saturday"),
        mark("sunday"),
    )
)
"""What a text without a pattern is made of, alone or between commas."""

TOLD_BY_RULES = frozenset(
    (
        "country_from",
        "place_from",
        "offer_place",
        "job_seniority",
        "job_function",
        "company_size_band",
        "email_kind",
        "phone_kind",
        "reachable_by",
        "form_kind",
        "stated_intent",
        "weekday",
        "consent",
    )
)
"""The metrics whose values are words of the rules; those of the others are the data's own."""

WORD_PLACES = ("kind", "field")
"""The places of a pattern that hold words; in the others are numbers, and what is shown as it is."""

NUMBER = re.compile(r"\d+(\.\d+)?(\u00a0%)?")


def say_stored(text: str) -> str:
    """Return a text of the figures in the language of the page, or as it is where nobody knows it.

    >>> say_stored("How often: email sent."), say_stored("first_name, colour")
    ('How often: email sent.', 'first_name, colour')
    """
    for template, values in match_templates(text):
        return translate(template).format(**{name: say_place(name, value) for name, value in values.items()})
    return say_words(text)


def match_templates(text: str) -> list[tuple[str, dict[str, str]]]:
    """Return the patterns that the whole text follows, each with what stands in its places."""
    found = [(template, compile_template(template).fullmatch(text)) for template in TEMPLATES]
    return [(template, match.groupdict()) for template, match in found if match]


@cache
def compile_template(template: str) -> re.Pattern[str]:
    parts = Formatter().parse(template)
    return re.compile("".join(re.escape(text) + (f"(?P<{name}>.+?)" if name else "") for text, name, _, _ in parts))


def say_place(name: str, value: str) -> str:
    if name in WORD_PLACES:
        return say_word(value)
    return write_digits(value) if NUMBER.fullmatch(value) else value


def say_words(text: str) -> str:
    return "".join(say_word(part) for part in split_words(text))


def split_words(text: str) -> list[str]:
    """Return the words of a text and the commas between them.

    >>> split_words("person, or email and phone; created_at")
    ['person', ', ', 'or email and phone', '; ', 'created_at']
    """
    return re.split(r"([,;] )", text)


def say_word(word: str) -> str:
    """Return a word of the figures in the language of the page; without a translation a name stays as written."""
    words = word.replace("_", " ")
    said = translate(words) if words in WORDS else words
    return word if said == words else said


def say_category(metric: str, value: str) -> str:
    """Return values of a category in the language of the page, if they are the rules' and not the data's.

    >>> say_category("weekday", "monday"), say_category("city", "nothing")
    ('monday', 'nothing')
    """
    return say_words(value) if metric in TOLD_BY_RULES else value
