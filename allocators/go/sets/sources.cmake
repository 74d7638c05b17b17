# GO_SETS_SOURCES: what a heap that keeps its spans in sets compiles with its own sources.
set(GO_SETS_SOURCES)
foreach(source set_memory span_set)
  list(APPEND GO_SETS_SOURCES ${CMAKE_CURRENT_LIST_DIR}/${source}.c)
endforeach()
