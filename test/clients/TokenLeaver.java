import java.nio.file.Files;
import java.nio.file.Path;
import java.security.*;
import java.util.concurrent.atomic.AtomicLong;

/** Leaves while its threads are inside the module: run as java TokenLeaver.java CONFIGURATION PIN-FILE. */
public class TokenLeaver {
  public static void main(String[] arguments) throws Exception {
    char[] pin = Files.readString(Path.of(arguments[1])).strip().toCharArray();
    Provider token = Security.getProvider("SunPKCS11").configure(arguments[0]);
    Security.addProvider(token);
    KeyStore store = KeyStore.getInstance("PKCS11", token);
    store.load(null, pin);
    PrivateKey key = (PrivateKey) store.getKey("rsa", null);
    AtomicLong made = new AtomicLong();
    for (int i = 0; i < 4; ++i) {
      Thread thread = new Thread(() -> {
        try {
          for (;;) {
            Signature signer = Signature.getInstance("SHA256withRSA", token);
            signer.initSign(key);
            signer.update(new byte[32]);
            signer.sign();
            made.incrementAndGet();
          }
        } catch (GeneralSecurityException | ProviderException goesAway) {
          // Whatever it is told while the process ends.
        }
      });
      thread.setDaemon(true);
      thread.start();
    }
    while (made.get() < 100) Thread.sleep(10);
    System.exit(0);
  }
}
