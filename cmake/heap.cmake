# heaptrial_heap(<name> SOURCES ... [INLINE <header>] [LIBRARIES ...] [DEFINITIONS ...])
#
# A heap builds alone, three ways from the same sources:
#   heap_<name>              a static library, for programs that try just this heap
#   heap_<name>_plugin       libheaptrial-<name>.so in <build>/heaps, what `heaptrial --heap <name>` loads
#   property HEAP_INLINE     its inline header, as workloads include it
# The global property HEAPTRIAL_HEAPS lists the names, for whatever is built once a heap.
function(heaptrial_heap name)
  cmake_parse_arguments(H "" "INLINE" "SOURCES;LIBRARIES;DEFINITIONS" ${ARGN})
  # Absolute: others build the same sources from other folders.
  foreach(source ${H_SOURCES})
    get_filename_component(source ${source} ABSOLUTE)
    list(APPEND sources ${source})
  endforeach()
  foreach(kind STATIC SHARED)
    set(target heap_${name})
    if(kind STREQUAL SHARED)
      set(target heap_${name}_plugin)
    endif()
    add_library(${target} ${kind} ${sources})
    heaptrial_c_target(${target})
    target_compile_definitions(${target} PRIVATE ${H_DEFINITIONS})
    target_link_libraries(${target} PUBLIC heaptrial_base ${H_LIBRARIES})
  endforeach()
  set_target_properties(heap_${name}_plugin PROPERTIES
    OUTPUT_NAME heaptrial-${name} LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/heaps)
  set_target_properties(heap_${name} PROPERTIES HEAP_INLINE "${H_INLINE}")
  set_property(GLOBAL APPEND PROPERTY HEAPTRIAL_HEAPS ${name})
endfunction()
