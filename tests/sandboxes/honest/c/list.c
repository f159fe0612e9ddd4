// in: 3 1 2 0
// out: 2 1 3
#include <stdio.h>
#include <stdlib.h>
struct node { int value; struct node *next; };
int main(void) {
  struct node *head = NULL;
  for (int x; scanf("%d", &x) == 1 && x;) {
    struct node *node = malloc(sizeof *node);
    *node = (struct node){x, head};
    head = node;
  }
  for (struct node *p = head; p; p = p->next) printf("%d%c", p->value, p->next ? ' ' : '\n');
}
