"""How a day and a clock are written in each language that patients read: `{{ day|date:"DAY" }}`."""
