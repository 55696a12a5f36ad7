#include <greet.h>

int main(void) {
  greet("greet-app");
  return 0;
}
