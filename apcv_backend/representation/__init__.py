"""Room: who presents the card of whom, on what proof, until when."""
