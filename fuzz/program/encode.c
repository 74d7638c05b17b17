#include "fuzz/program/program_internal.h"

#include <string.h>

void ht_header_encode(const struct ht_program_header *header, uint8_t bytes[HT_HEADER_BYTES]) {
  memcpy(bytes, &header->disabled, sizeof header->disabled);
  bytes[8] = (uint8_t)((header->mutators - 1) | (header->carriers - 1) << 3);
  bytes[9] = header->collect_period;
  bytes[10] = header->switch_period;
  bytes[11] = header->size_limit;
  bytes[12] = header->refuse;
  bytes[13] = header->zeal;
  bytes[14] = (uint8_t)header->schedule_length;
  bytes[15] = (uint8_t)(header->schedule_length >> 8);
}

size_t ht_program_encode(const struct ht_program *program, uint8_t *data, size_t capacity) {
  size_t operation_bytes = program->operation_count * HT_OPERATION_BYTES;
  size_t size = HT_HEADER_BYTES + operation_bytes + program->header.schedule_length;
  if (size > capacity) return 0;
  ht_header_encode(&program->header, data);
  memcpy(data + HT_HEADER_BYTES, program->operations, operation_bytes);
  memcpy(data + HT_HEADER_BYTES + operation_bytes, program->schedule, program->header.schedule_length);
  return size;
}
