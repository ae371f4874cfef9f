"""An extract of GeoNames and of Unicode's CLDR: cities, regions, and how they are called."""
