// in: 6
// in: red blue red green blue red
// out: blue 2
// out: green 1
// out: red 3
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  char *key;
  size_t count;
} Entry;

typedef struct {
  Entry *entries;
  size_t capacity, size;
} Map;

static uint64_t fnv1a(const char *text) {
  uint64_t hash = UINT64_C(14695981039346656037);
  for (; *text; ++text) hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
  return hash;
}

static size_t *map_at(Map *map, const char *key) {
  for (size_t i = fnv1a(key) & (map->capacity - 1);; i = (i + 1) & (map->capacity - 1)) {
    Entry *entry = &map->entries[i];
    if (!entry->key) {
      *entry = (Entry){.key = strdup(key)};
      map->size++;
      return &entry->count;
    }
    if (strcmp(entry->key, key) == 0) return &entry->count;
  }
}

static int by_key(const void *a, const void *b) { return strcmp(((const Entry *)a)->key, ((const Entry *)b)->key); }

int main(void) {
  Map map = {.entries = calloc(64, sizeof(Entry)), .capacity = 64};
  int n;
  char word[101];
  if (!map.entries || scanf("%d", &n) != 1) return EXIT_FAILURE;
  while (n-- && scanf("%100s", word) == 1) ++*map_at(&map, word);
  Entry *found = malloc(map.size * sizeof *found);
  size_t size = 0;
  for (size_t i = 0; i < map.capacity; i++)
    if (map.entries[i].key) found[size++] = map.entries[i];
  qsort(found, size, sizeof *found, by_key);
  for (size_t i = 0; i < size; i++) {
    printf("%s %zu\n", found[i].key, found[i].count);
    free(found[i].key);
  }
  free(found);
  free(map.entries);
  return EXIT_SUCCESS;
}
