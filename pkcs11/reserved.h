#pragma once

#include "hsm/base/config.h"
#include "hsm/base/result.h"

namespace p11 {

/// What an application says by CK_C_INITIALIZE_ARGS.pReserved: "store=DIR", "hsm=unix:PATH", "config=FILE", separated by ";". A null pointer
/// says nothing.
hsm::Result<hsm::Config::Overrides> read_reserved(const char* reserved);

}  // namespace p11
