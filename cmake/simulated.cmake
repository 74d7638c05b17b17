# The simulated world (allocators/base/simulated/simulation.h): code that is to run in it is compiled once more, with
# -fsanitize=thread, and linked with that world instead of ThreadSanitizer.
#
#   heaptrial_instrument(<target>)   what <target> compiles calls the simulated world at every access to memory
#   heaptrial_simulated(<library>)   <library> once more as <library>_simulated, instrumented, on that world
#
# HEAPTRIAL_SIMULATED says whether there is one: on x86-64, and not beside ThreadSanitizer itself.
set(HEAPTRIAL_SIMULATED OFF)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64" AND NOT HEAPTRIAL_SANITIZE STREQUAL "thread")
  set(HEAPTRIAL_SIMULATED ON)
endif()

function(heaptrial_instrument target)
  set_target_properties(${target} PROPERTIES HEAPTRIAL_INSTRUMENTED ON)
  target_compile_options(${target} PRIVATE -fsanitize=thread
    -include ${PROJECT_SOURCE_DIR}/allocators/base/simulated/instrumented.h)
  if(CMAKE_C_COMPILER_ID MATCHES "Clang")
    target_compile_options(${target} PRIVATE -mllvm -tsan-instrument-func-entry-exit=0)
  else()
    # ThreadSanitizer knows no fences; the simulated world does.
    target_compile_options(${target} PRIVATE --param=tsan-instrument-func-entry-exit=0 -Wno-tsan)
  endif()
endfunction()

function(heaptrial_simulated library)
  heaptrial_flavour(${library} simulated)
  heaptrial_instrument(${library}_simulated)
endfunction()
