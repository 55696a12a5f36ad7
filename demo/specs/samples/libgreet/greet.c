#include "greet.h"
#include <stdio.h>

void greet(const char *whom) { printf("greetings, %s\n", whom); }
