import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.*;
import java.security.spec.*;
import java.util.*;
import java.util.concurrent.*;
import javax.crypto.*;
import javax.crypto.spec.*;

/** Uses a token through the JCA as applications do: run as java TokenUser.java CONFIGURATION PIN-FILE. Ends with 1 on the first surprise. */
public class TokenUser {
  static final byte[] MESSAGE = "a message of no importance".getBytes(StandardCharsets.UTF_8);
  static Provider token;
  static KeyStore store;

  static void claim(boolean holds, String sentence) {
    if (!holds) throw new AssertionError(sentence);
    System.out.println("  " + sentence);
  }

  public static void main(String[] arguments) throws Exception {
    char[] pin = Files.readString(Path.of(arguments[1])).strip().toCharArray();
    token = Security.getProvider("SunPKCS11").configure(arguments[0]);
    Security.addProvider(token);
    store = KeyStore.getInstance("PKCS11", token);
    store.load(null, pin);

    signs("rsa", "SHA256withRSA");
    signs("rsa", "SHA512withRSA");
    signs("p256", "SHA256withECDSA");
    signs("p384", "SHA384withECDSA");
    signsPss();
    decrypts();
    encrypts();
    authenticates();
    agrees();
    makesKeys();
    digests();
    signsFromManyThreads();
  }

  static PrivateKey privateKey(String alias) throws Exception { return (PrivateKey) store.getKey(alias, null); }
  static PublicKey publicKey(String alias) throws Exception { return store.getCertificate(alias).getPublicKey(); }

  static byte[] signature(String alias, String algorithm) throws Exception {
    Signature signer = Signature.getInstance(algorithm, token);
    signer.initSign(privateKey(alias));
    signer.update(MESSAGE);
    return signer.sign();
  }

  static boolean verifies(Signature verifier, String alias, byte[] signature, byte[] message) throws Exception {
    verifier.initVerify(publicKey(alias));
    verifier.update(message);
    return verifier.verify(signature);
  }

  static void signs(String alias, String algorithm) throws Exception {
    byte[] made = signature(alias, algorithm);
    claim(verifies(Signature.getInstance(algorithm, alias.equals("rsa") ? "SunRsaSign" : "SunEC"), alias, made, MESSAGE),
          algorithm + " by the token verifies in Java");
    claim(verifies(Signature.getInstance(algorithm, token), alias, made, MESSAGE), algorithm + " verifies in the token");
    claim(!verifies(Signature.getInstance(algorithm, token), alias, made, new byte[] {1}),
          algorithm + " of another message does not verify in the token");
  }

  static void signsPss() throws Exception {
    AlgorithmParameterSpec pss = new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1);
    Signature signer = Signature.getInstance("RSASSA-PSS", token);
    signer.setParameter(pss);
    signer.initSign(privateKey("rsa"));
    signer.update(MESSAGE);
    Signature verifier = Signature.getInstance("RSASSA-PSS", "SunRsaSign");
    verifier.setParameter(pss);
    claim(verifies(verifier, "rsa", signer.sign(), MESSAGE), "RSASSA-PSS by the token verifies in Java");
  }

  static void decrypts() throws Exception {
    Cipher outside = Cipher.getInstance("RSA/ECB/PKCS1Padding", "SunJCE");
    outside.init(Cipher.ENCRYPT_MODE, publicKey("rsa"));
    Cipher inside = Cipher.getInstance("RSA/ECB/PKCS1Padding", token);
    inside.init(Cipher.DECRYPT_MODE, privateKey("rsa"));
    claim(Arrays.equals(inside.doFinal(outside.doFinal(MESSAGE)), MESSAGE), "what Java encrypts, the token decrypts by RSA");
  }

  static void encrypts() throws Exception {
    SecretKey key = (SecretKey) store.getKey("aes", null);
    for (String mode : List.of("AES/CBC/PKCS5Padding", "AES/CTR/NoPadding", "AES/GCM/NoPadding", "AES/ECB/PKCS5Padding")) {
      AlgorithmParameterSpec parameters = mode.contains("GCM") ? new GCMParameterSpec(128, new byte[12])
          : mode.contains("ECB") ? null : new IvParameterSpec(new byte[16]);
      Cipher cipher = Cipher.getInstance(mode, token);
      cipher.init(Cipher.ENCRYPT_MODE, key, parameters);
      if (mode.contains("GCM")) cipher.updateAAD("with this".getBytes());
      // The JDK's own GCM over PKCS#11 (17) forgets what update was given, with every module.
      byte[] first = mode.contains("GCM") ? new byte[0] : cipher.update(MESSAGE);
      byte[] sealed = join(first, cipher.doFinal(mode.contains("GCM") ? join(MESSAGE, MESSAGE) : MESSAGE));
      cipher.init(Cipher.DECRYPT_MODE, key, parameters);
      if (mode.contains("GCM")) cipher.updateAAD("with this".getBytes());
      claim(Arrays.equals(cipher.doFinal(sealed), join(MESSAGE, MESSAGE)), mode + " opens what it sealed");
      if (!mode.contains("GCM")) continue;
      sealed[0] ^= 1;
      cipher.init(Cipher.DECRYPT_MODE, key, parameters);
      cipher.updateAAD("with this".getBytes());
      try {
        cipher.doFinal(sealed);
        claim(false, "a changed message must be refused");
      } catch (AEADBadTagException | ProviderException refused) {
        claim(true, "a changed message is refused by GCM");
      }
    }
  }

  static byte[] join(byte[] a, byte[] b) {
    byte[] whole = Arrays.copyOf(a == null ? new byte[0] : a, (a == null ? 0 : a.length) + b.length);
    System.arraycopy(b, 0, whole, whole.length - b.length, b.length);
    return whole;
  }

  static void authenticates() throws Exception {
    SecretKey key = new SecretKeySpec("a key that Java brings in, of 32 octets".getBytes(), 0, 32, "HmacSHA256");
    Mac inside = Mac.getInstance("HmacSHA256", token);
    inside.init(key);
    Mac outside = Mac.getInstance("HmacSHA256", "SunJCE");
    outside.init(key);
    claim(Arrays.equals(inside.doFinal(MESSAGE), outside.doFinal(MESSAGE)), "HmacSHA256 is the same inside and outside");
  }

  static void agrees() throws Exception {
    KeyPairGenerator inside = KeyPairGenerator.getInstance("EC", token);
    inside.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPairGenerator outside = KeyPairGenerator.getInstance("EC", "SunEC");
    outside.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair ours = inside.generateKeyPair(), theirs = outside.generateKeyPair();
    KeyAgreement here = KeyAgreement.getInstance("ECDH", token), there = KeyAgreement.getInstance("ECDH", "SunEC");
    here.init(ours.getPrivate());
    here.doPhase(theirs.getPublic(), true);
    there.init(theirs.getPrivate());
    there.doPhase(ours.getPublic(), true);
    // The token's half is a key that stays inside: a MAC shows that it is the same.
    Mac inner = Mac.getInstance("HmacSHA256", token), outer = Mac.getInstance("HmacSHA256", "SunJCE");
    inner.init(here.generateSecret("TlsPremasterSecret"));
    outer.init(new SecretKeySpec(there.generateSecret(), "HmacSHA256"));
    claim(Arrays.equals(inner.doFinal(MESSAGE), outer.doFinal(MESSAGE)), "ECDH gives both sides the same secret");
  }

  static void makesKeys() throws Exception {
    KeyGenerator generator = KeyGenerator.getInstance("AES", token);
    generator.init(128);
    SecretKey key = generator.generateKey();
    Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding", token);
    cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(new byte[16]));
    claim(cipher.doFinal(new byte[32]).length == 32, "a generated session key encrypts");
    KeyPairGenerator pairs = KeyPairGenerator.getInstance("RSA", token);
    pairs.initialize(2048);
    KeyPair pair = pairs.generateKeyPair();
    Signature signer = Signature.getInstance("SHA256withRSA", token);
    signer.initSign(pair.getPrivate());
    signer.update(MESSAGE);
    Signature verifier = Signature.getInstance("SHA256withRSA", "SunRsaSign");
    verifier.initVerify(pair.getPublic());
    byte[] made = signer.sign();
    verifier.update(MESSAGE);
    claim(verifier.verify(made), "a generated session pair signs");
  }

  static void digests() throws Exception {
    for (String name : List.of("SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512")) {
      MessageDigest inside = MessageDigest.getInstance(name, token);
      inside.update(MESSAGE);
      MessageDigest copy = (MessageDigest) inside.clone();
      byte[] expected = MessageDigest.getInstance(name, "SUN").digest(MESSAGE);
      claim(Arrays.equals(inside.digest(), expected) && Arrays.equals(copy.digest(), expected), name + " and a copy of it are right");
    }
  }

  static void signsFromManyThreads() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Future<Boolean>> results = new ArrayList<>();
    for (int i = 0; i < 200; ++i)
      results.add(threads.submit(() -> verifies(Signature.getInstance("SHA256withECDSA", "SunEC"), "p256",
                                                signature("p256", "SHA256withECDSA"), MESSAGE)));
    boolean all = true;
    for (Future<Boolean> result : results) all &= result.get();
    threads.shutdown();
    claim(all, "200 signatures from 8 threads verify");
  }
}
