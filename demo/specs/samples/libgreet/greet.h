/* Writes one line that greets whom. */
void greet(const char *whom);
