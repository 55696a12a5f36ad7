#include <stdio.h>
#include <zlib.h>

int main(void) {
  printf("hello from hello-c 1.0, zlib %s\n", zlibVersion());
  return 0;
}
