#pragma once

#include <dlfcn.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

#include "pkcs11/cryptoki.h"
#include "test/pkcs11/temporary.h"

/// The module, initialised on an empty store of its own.
struct Running {
  Running() : folder(temporary_folder()) {
    void* module = ::dlopen(KEYMANTLE_MODULE, RTLD_NOW);
    BOOST_REQUIRE_MESSAGE(module != nullptr, ::dlerror());
    CK_C_GetInterface get_interface = nullptr;
    *reinterpret_cast<void**>(&get_interface) = ::dlsym(module, "C_GetInterface");
    CK_INTERFACE* found = nullptr;
    BOOST_REQUIRE(get_interface(nullptr, nullptr, &found, 0) == CKR_OK);
    p11 = static_cast<const CK_FUNCTION_LIST_3_2*>(found->pFunctionList);
    std::string reserved = "store=" + (folder / "store").string();
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.pReserved = reserved.data();
    BOOST_REQUIRE(p11->C_Initialize(&arguments) == CKR_OK);
  }
  ~Running() {
    p11->C_Finalize(nullptr);
    std::filesystem::remove_all(folder);
  }
  Running(const Running&) = delete;

  std::filesystem::path folder;
  const CK_FUNCTION_LIST_3_2* p11 = nullptr;
};
