# Everything is in Debian 12 and 13; scripts/setup installs it.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(fmt REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS unit_test_framework json)
find_package(PkgConfig REQUIRED)

pkg_check_modules(BOTAN IMPORTED_TARGET botan-3)
if(NOT BOTAN_FOUND)
  pkg_check_modules(BOTAN REQUIRED IMPORTED_TARGET botan-2)
endif()
add_library(km_botan INTERFACE)
target_link_libraries(km_botan INTERFACE PkgConfig::BOTAN)

pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
add_library(km_seccomp INTERFACE)
target_link_libraries(km_seccomp INTERFACE PkgConfig::SECCOMP)

pkg_check_modules(CRYPTSETUP REQUIRED IMPORTED_TARGET libcryptsetup)
add_library(km_cryptsetup INTERFACE)
target_link_libraries(km_cryptsetup INTERFACE PkgConfig::CRYPTSETUP)

add_library(km_boost_json INTERFACE)
target_link_libraries(km_boost_json INTERFACE Boost::json Boost::headers)
