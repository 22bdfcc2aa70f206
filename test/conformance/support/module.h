// A PKCS#11 module loaded by path, known by its exported functions only.
#pragma once

#include <filesystem>

#include "outcome.h"

namespace conformance {

// Loaded once for the process and never unloaded: modules differ too much in what dlclose leaves behind.
class Module {
 public:
  explicit Module(const std::filesystem::path& path);  // throws std::runtime_error

  const CK_FUNCTION_LIST& v2_40() const { return *v2_40_; }
  CK_C_GetInterface get_interface() const { return get_interface_; }            // null before 3.0
  CK_C_GetInterfaceList get_interface_list() const { return get_interface_list_; }  // null before 3.0
  void* exported(const char* name) const;                                       // null if it is not

  const CK_FUNCTION_LIST_3_0* v3_0() const;  // null if the module has no such interface
  const CK_FUNCTION_LIST_3_2* v3_2() const;

 private:
  const void* list_of(CK_VERSION version) const;

  void* library_;
  CK_FUNCTION_LIST* v2_40_ = nullptr;
  CK_C_GetInterface get_interface_ = nullptr;
  CK_C_GetInterfaceList get_interface_list_ = nullptr;
};

void set_module(const Module* module);
const Module& module();
const CK_FUNCTION_LIST& p11();          // short for module().v2_40()
const CK_FUNCTION_LIST_3_2& p11_3_2();  // short for module().v3_2(); ends the test if there is none

}  // namespace conformance
