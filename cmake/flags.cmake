# The flags of every target, in one place: warnings are errors, with gcc and with clang.

add_library(heaptrial_flags INTERFACE)
target_compile_definitions(heaptrial_flags INTERFACE _GNU_SOURCE)
target_compile_options(heaptrial_flags INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wundef -Wwrite-strings -fno-omit-frame-pointer
  $<$<COMPILE_LANGUAGE:C>:-std=gnu11 -Wstrict-prototypes -Wmissing-prototypes -Wvla>)

# Debian's valgrind stumbles over the DWARF 5 that clang writes by default.
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
  target_compile_options(heaptrial_flags INTERFACE -gdwarf-4)
endif()

# HEAPTRIAL_SANITIZE: empty, "address,undefined" or "thread".
# Fake stacks hide roots from a conservative collector; a sanitizer that goes on after a report lets a gate stay green.
set(HEAPTRIAL_SANITIZE "" CACHE STRING "Sanitizers for every target: address,undefined or thread")
if(HEAPTRIAL_SANITIZE)
  set(sanitize -fsanitize=${HEAPTRIAL_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(heaptrial_flags INTERFACE -fsanitize=${HEAPTRIAL_SANITIZE})
  if(HEAPTRIAL_SANITIZE MATCHES "address" AND CMAKE_C_COMPILER_ID MATCHES "Clang")
    list(APPEND sanitize -fsanitize-address-use-after-return=never)
  endif()
  # What is compiled for the simulated world calls that world, and no sanitizer.
  target_compile_options(heaptrial_flags INTERFACE
    "$<$<NOT:$<BOOL:$<TARGET_PROPERTY:HEAPTRIAL_INSTRUMENTED>>>:${sanitize}>")
endif()

# Gives TARGET the project's flags and its include root (folders are named in #include: "line/line.h").
function(heaptrial_c_target target)
  target_link_libraries(${target} PRIVATE heaptrial_flags)
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# One ctest may run the tests of several builds: the prefix says whose a test is ("asan/line.format").
set(HEAPTRIAL_TEST_PREFIX "" CACHE STRING "Put in front of the names of tests")

# heaptrial_test(NAME <module>.<what> COMMAND ... [TIMEOUT s] [LABELS ...] [ENVIRONMENT name=value ...]): one ctest
# entry; exit 77 is a skip.
function(heaptrial_test)
  cmake_parse_arguments(T "" "NAME;TIMEOUT" "COMMAND;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 180)
  endif()
  set(name ${HEAPTRIAL_TEST_PREFIX}${T_NAME})
  add_test(NAME ${name} COMMAND ${T_COMMAND})
  set_tests_properties(${name} PROPERTIES
    TIMEOUT ${T_TIMEOUT} SKIP_RETURN_CODE 77 LABELS "${T_LABELS}" ENVIRONMENT "${T_ENVIRONMENT}")
endfunction()
