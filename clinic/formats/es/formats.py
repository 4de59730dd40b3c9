"""Spanish as Latin America writes it: 3 de abril de 1990; lunes 3 de abril."""

DAY = r"j \d\e F \d\e Y"
SHORT_DAY = "j M Y"
MONTH = r"F \d\e Y"
WEEKDAY = r"l j \d\e F"
CLOCK = "g:i A"
WALL_CLOCK = "H:i"
