"""The four datasets of the paper: FSJump6, Tennis7, FX35, Diving48 (docs/method.md section 2)."""
