#pragma once

// The KMS's passkey to Secrets, for the adapters: they include the core, not kms/p11.
#include "kms/p11/secret_access.h"
