#include <stdio.h>

#if defined __x86_64__
#define MACHINE "x86_64"
#elif defined __i386__
#define MACHINE "i686"
#elif defined __aarch64__
#define MACHINE "aarch64"
#endif

int main(void)
{
	puts("compiled for " MACHINE);
	return 0;
}
