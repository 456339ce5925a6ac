"""Room: what was done with a patient's data, told to that patient."""
