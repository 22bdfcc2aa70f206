km_test(cli LINKS km_hsm_base)
if(TARGET test_cli)
  add_dependencies(test_cli keymantle keymantle-kmsd keymantle-hsmd keymantle-pkcs11)
endif()
