/* Health professions by their code (TRE_G15-ProfessionSante), French and English. */

const TABLE = {
  10: ["Médecin", "Doctor"],
  21: ["Pharmacien", "Pharmacist"],
  26: ["Audioprothésiste", "Hearing-aid specialist"],
  28: ["Opticien-lunetier", "Optician"],
  31: ["Assistant dentaire", "Dental assistant"],
  32: ["Physicien médical", "Medical physicist"],
  35: ["Aide-soignant", "Care assistant"],
  36: ["Ambulancier", "Ambulance worker"],
  38: ["Préparateur en pharmacie hospitalière", "Hospital pharmacy technician"],
  39: ["Préparateur en pharmacie (officine)", "Pharmacy technician"],
  40: ["Chirurgien-dentiste", "Dentist"],
  50: ["Sage-femme", "Midwife"],
  60: ["Infirmier", "Nurse"],
  69: ["Infirmier psychiatrique", "Psychiatric nurse"],
  70: ["Masseur-kinésithérapeute", "Physiotherapist"],
  80: ["Pédicure-podologue", "Podiatrist"],
  81: ["Orthoprothésiste", "Prosthetist"],
  82: ["Podo-orthésiste", "Orthopaedic shoemaker"],
  83: ["Orthopédiste-orthésiste", "Orthotist"],
  84: ["Oculariste", "Ocularist"],
  85: ["Épithésiste", "Anaplastologist"],
  86: ["Technicien de laboratoire médical", "Medical laboratory technician"],
  91: ["Orthophoniste", "Speech therapist"],
  92: ["Orthoptiste", "Orthoptist"],
  94: ["Ergothérapeute", "Occupational therapist"],
  95: ["Diététicien", "Dietitian"],
  96: ["Psychomotricien", "Psychomotor therapist"],
  98: ["Manipulateur ERM", "Radiographer"],
};

/** The profession of a code in a language; the code itself when nobody knows it. */
export const professionWords = (code, language) => TABLE[code]?.[language === "en" ? 1 : 0] ?? code;
