#include "module.h"

#include <dlfcn.h>

#include <stdexcept>

namespace conformance {

Module::Module(const std::filesystem::path& path) : library_(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (!library_) throw std::runtime_error(std::string("cannot load the module: ") + dlerror());
  auto get_list = reinterpret_cast<CK_C_GetFunctionList>(exported("C_GetFunctionList"));
  if (!get_list) throw std::runtime_error(path.string() + " exports no C_GetFunctionList");
  if (const Rv rv = get_list(&v2_40_); !(rv == CKR_OK) || !v2_40_)
    throw std::runtime_error("C_GetFunctionList: " + name_of_return_value(rv.code));
  get_interface_ = reinterpret_cast<CK_C_GetInterface>(exported("C_GetInterface"));
  get_interface_list_ = reinterpret_cast<CK_C_GetInterfaceList>(exported("C_GetInterfaceList"));
}

void* Module::exported(const char* name) const { return dlsym(library_, name); }

const void* Module::list_of(CK_VERSION version) const {
  if (!get_interface_) return nullptr;
  CK_BYTE name[] = "PKCS 11";
  CK_INTERFACE_PTR found = nullptr;
  if (get_interface_(name, &version, &found, 0) != CKR_OK || !found) return nullptr;
  return found->pFunctionList;
}

const CK_FUNCTION_LIST_3_0* Module::v3_0() const { return static_cast<const CK_FUNCTION_LIST_3_0*>(list_of({3, 0})); }
const CK_FUNCTION_LIST_3_2* Module::v3_2() const { return static_cast<const CK_FUNCTION_LIST_3_2*>(list_of({3, 2})); }

static const Module* the_module = nullptr;

void set_module(const Module* module) { the_module = module; }
const Module& module() { return *the_module; }
const CK_FUNCTION_LIST& p11() { return the_module->v2_40(); }

const CK_FUNCTION_LIST_3_2& p11_3_2() {
  const auto* list = the_module->v3_2();
  if (list == nullptr) BOOST_FAIL("the module has no interface of version 3.2");
  return *list;
}

}  // namespace conformance
