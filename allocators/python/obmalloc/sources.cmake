# OBMALLOC_SOURCES: what a heap that stands on obmalloc compiles with its own sources.
set(OBMALLOC_SOURCES)
foreach(source address_map arenas check guards medium medium_check pools runs walk)
  list(APPEND OBMALLOC_SOURCES ${CMAKE_CURRENT_LIST_DIR}/${source}.c)
endforeach()
