# Warnings, sanitizers, ccache, a faster linker where there is one.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR "Keymantle needs g++ 12 or clang 14 (found g++ ${CMAKE_CXX_COMPILER_VERSION}): install a newer "
                      "compiler and name it with -DCMAKE_CXX_COMPILER=")
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  message(FATAL_ERROR "Keymantle needs g++ 12 or clang 14 (found clang ${CMAKE_CXX_COMPILER_VERSION}): install a newer "
                      "compiler and name it with -DCMAKE_CXX_COMPILER=")
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers and __FILE__ below the checkout stay cacheable from any folder.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -fno-strict-aliasing)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fmax-errors=20 $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
else()
  add_compile_options(-Wno-missing-field-initializers)
endif()
add_compile_options(-Wno-missing-field-initializers -fstack-protector-strong)
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT KEYMANTLE_SANITIZE)
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
# Programs are compiled like libraries, so that all share one precompiled header.
set(CMAKE_CXX_COMPILE_OPTIONS_PIE -fPIC)
add_link_options(-Wl,-z,relro,-z,now)

if(KEYMANTLE_SANITIZE)
  add_compile_options(-fsanitize=${KEYMANTLE_SANITIZE} -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${KEYMANTLE_SANITIZE})
  if(KEYMANTLE_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
if(KEYMANTLE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
find_program(MOLD mold)
if(MOLD AND NOT KEYMANTLE_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()
