# Writes HEADER with the commit of SOURCE and its number of first-parent commits; empty without git or without a
# history. Changes to files that git tracks show as "-dirty", for such a result belongs to no commit.
# Only rewritten when something changed, so that a build with nothing to do does nothing.
set(sha "")
set(seq -1)
find_program(GIT git)
if(GIT)
  execute_process(COMMAND ${GIT} rev-parse --verify --quiet HEAD WORKING_DIRECTORY ${SOURCE}
                  OUTPUT_VARIABLE sha OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(sha)
    execute_process(COMMAND ${GIT} rev-list --count --first-parent HEAD WORKING_DIRECTORY ${SOURCE}
                    OUTPUT_VARIABLE seq OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    execute_process(COMMAND ${GIT} --no-optional-locks status --porcelain --untracked-files=no WORKING_DIRECTORY ${SOURCE}
                    OUTPUT_VARIABLE changes ERROR_QUIET)
    if(changes)
      string(APPEND sha "-dirty")
    endif()
  endif()
endif()
set(text "#define HEAPTRIAL_BUILD_COMMIT \"${sha}\"\n#define HEAPTRIAL_BUILD_COMMIT_SEQ ${seq}\n")
set(before "")
if(EXISTS ${HEADER})
  file(READ ${HEADER} before)
endif()
if(NOT text STREQUAL before)
  file(WRITE ${HEADER} "${text}")
endif()
