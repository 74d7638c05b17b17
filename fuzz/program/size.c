#include "fuzz/program/program_internal.h"

// Below 2^SIZE_FRACTION_BITS several codes mean the same size; the largest of them is the canonical one.

size_t ht_size_of_code(uint16_t code) {
  if (code == 0) return 0;
  unsigned exponent = code >> SIZE_FRACTION_BITS;
  size_t mantissa = (1u << SIZE_FRACTION_BITS) + (code & SIZE_FRACTION_MASK);
  return exponent < SIZE_FRACTION_BITS ? mantissa >> (SIZE_FRACTION_BITS - exponent)
                                       : mantissa << (exponent - SIZE_FRACTION_BITS);
}

uint16_t ht_code_of_size(size_t size) {
  if (size == 0) return 0;
  unsigned exponent = 63 - (unsigned)__builtin_clzll(size);
  if (exponent > UINT16_MAX >> SIZE_FRACTION_BITS) return UINT16_MAX;
  size_t above = size - ((size_t)1 << exponent);
  size_t fraction = exponent < SIZE_FRACTION_BITS
                        ? above << (SIZE_FRACTION_BITS - exponent) | SIZE_FRACTION_MASK >> exponent
                        : above >> (exponent - SIZE_FRACTION_BITS);
  return (uint16_t)(exponent << SIZE_FRACTION_BITS | fraction);
}
