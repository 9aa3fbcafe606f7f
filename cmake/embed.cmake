# siwareng_embed(target OUTPUT file.cpp FILES key=path...)
# Compiles files into `target` as data. `file.cpp`, below the current binary folder, is written
# again when the list or one of the files changes.
set(SIWARENG_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed_files.cmake)

function(siwareng_embed target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT" "FILES")
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${arg_OUTPUT})
  set(manifest ${output}.manifest)
  set(paths "")
  foreach(file IN LISTS arg_FILES)
    string(FIND "${file}" "=" at)
    math(EXPR at "${at} + 1")
    string(SUBSTRING "${file}" ${at} -1 path)
    list(APPEND paths ${path})
  endforeach()
  list(JOIN arg_FILES "\n" lines)
  # Written only when it differs, so that configuring again builds nothing.
  file(CONFIGURE OUTPUT ${manifest} CONTENT "${lines}\n" @ONLY)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DMANIFEST=${manifest} -DOUTPUT=${output} -P ${SIWARENG_EMBED_SCRIPT}
    DEPENDS ${paths} ${manifest} ${SIWARENG_EMBED_SCRIPT}
    COMMENT "Embedding files into ${target}"
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
