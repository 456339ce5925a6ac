"""Room: who may open whose record; the patient decides."""
