# GO_PAGES_SOURCES: what a heap that stands on the page allocator compiles with its own sources.
set(GO_PAGES_SOURCES)
foreach(source find grow page_alloc page_cache page_check summaries)
  list(APPEND GO_PAGES_SOURCES ${CMAKE_CURRENT_LIST_DIR}/${source}.c)
endforeach()
