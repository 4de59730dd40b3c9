"""English: 3 April 1990; Monday, 3 April."""

DAY = "j F Y"
SHORT_DAY = "j M Y"
MONTH = "F Y"
WEEKDAY = "l, j F"
CLOCK = "g:i A"
WALL_CLOCK = "H:i"
