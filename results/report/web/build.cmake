# Bundles the charts that can be zoomed: cmake -DFROM=... -DTO=... -DNPM=... -DMODE=AUTO|ON|OFF -P build.cmake
# Makes TO/charts.js and TO/charts.css; both empty if there is no npm or it cannot fetch its packages. With ON that is
# an error.

file(WRITE ${TO}/charts.js "")
file(WRITE ${TO}/charts.css "")
if(MODE STREQUAL "OFF" OR NOT NPM)
  return()
endif()

# What went wrong is the end of the log.
function(step log)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${TO}/work RESULT_VARIABLE result
    OUTPUT_FILE ${TO}/${log} ERROR_FILE ${TO}/${log} TIMEOUT 180)
  if(result EQUAL 0)
    return()
  endif()
  if(MODE STREQUAL "ON")
    message(FATAL_ERROR "charts: ${log} says why they could not be built; -DHEAPTRIAL_CHARTS=OFF builds without them")
  endif()
  message(STATUS "charts: left out, see ${TO}/${log}; the report is complete without them")
  set(failed TRUE PARENT_SCOPE)
endfunction()

foreach(name charts.js package.json package-lock.json .npmrc)
  configure_file(${FROM}/${name} ${TO}/work/${name} COPYONLY)
endforeach()
step(install.log ${NPM} ci --ignore-scripts --fetch-retries=1 --fetch-timeout=20000)
if(NOT failed)
  step(bundle.log ${NPM} run build -- --outfile=${TO}/work/out/charts.js)
endif()
if(failed)
  return()
endif()
file(READ ${TO}/work/out/charts.js script)
file(READ ${TO}/work/out/charts.css style)
file(READ ${TO}/work/node_modules/uplot/LICENSE licence)
# In a page it stands between <script> and </script>.
if(script MATCHES "</script|<!--")
  message(FATAL_ERROR "charts: the bundle holds what would end a script")
endif()
file(WRITE ${TO}/charts.js "/*! uPlot:\n${licence}*/\n${script}")
file(WRITE ${TO}/charts.css "${style}")
