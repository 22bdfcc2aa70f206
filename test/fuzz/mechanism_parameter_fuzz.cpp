#include <cstdlib>

#include "pkcs11/attributes.h"
#include "pkcs11/mechanism.h"
#include "pkcs11/message_parameter.h"
#include "test/fuzz/api/mechanisms.h"
#include "test/fuzz/api/templates.h"

// What a caller's structures are read as, before any engine sees it: mechanisms with their parameters, parameters of messages, templates.

namespace {

void read_messages(fuzz::MechanismMaker& maker) {
  using p11::MessageParameter;
  for (const auto tag : {MessageParameter::Tag::made, MessageParameter::Tag::given}) {
    const auto given = maker.message_parameter();
    if (const auto read = MessageParameter::read(given.data, given.size, tag)) {
      const hsm::Bytes longer(256, 0xA5);  // than any place: what does not fit must not be written
      read->give_iv(longer);
      read->give_tag(longer);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::calling("reading a caller's structures");
  fuzz::Choices choices({data, size});
  fuzz::Memory memory(choices);
  const fuzz::Handles keys{1, 2, ~CK_ULONG{0}};
  fuzz::MechanismMaker mechanisms(choices, memory, keys);
  fuzz::TemplateMaker templates(choices, memory);
  constexpr int kMostRead = 16;
  for (int i = 0; i < kMostRead && !choices.at_end(); ++i) {
    static_cast<void>(p11::read_mechanism(mechanisms.make(~0U)).ok());
    read_messages(mechanisms);
    const auto given = templates.make(fuzz::TemplateMaker::What::object);
    static_cast<void>(p11::read_template(given.data, given.count).ok());
    memory.check(CKR_OK);
    memory.release();
  }
  return 0;
}
