"""The half that phones answer: attempts, the gesture, CIBA, the pages that wait."""
