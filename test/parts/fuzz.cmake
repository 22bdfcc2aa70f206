# The fuzz targets as tests: what is known to have been dangerous once, and a little more. Long runs: scripts/fuzz.
if(NOT KEYMANTLE_FUZZ AND TARGET keymantle-pkcs11 AND KEYMANTLE_LOCAL_MOUNT)
  add_subdirectory(fuzz)
endif()
