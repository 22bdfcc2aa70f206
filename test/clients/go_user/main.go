// Uses a token through crypto11 and miekg/pkcs11 as Go programs do: go_user MODULE PIN. Ends with 1 on the first surprise.
package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"os"
	"sync"
	"time"

	"github.com/ThalesIgnite/crypto11"
)

func claim(holds bool, sentence string) {
	if !holds {
		fmt.Println("not so:", sentence)
		os.Exit(1)
	}
	fmt.Println(" ", sentence)
}

func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

var message = []byte("a message of no importance")

func main() {
	_, err := crypto11.Configure(&crypto11.Config{Path: os.Args[1], TokenLabel: "clients", Pin: "999999"})
	claim(err != nil, "a wrong PIN is refused")
	token, err := crypto11.Configure(&crypto11.Config{Path: os.Args[1], TokenLabel: "clients", Pin: os.Args[2]})
	must(err)

	curved, err := token.GenerateECDSAKeyPairWithLabel([]byte{1}, []byte("go-ec"), elliptic.P256())
	must(err)
	digest := sha256.Sum256(message)
	signature, err := curved.Sign(rand.Reader, digest[:], crypto.SHA256)
	must(err)
	claim(ecdsa.VerifyASN1(curved.Public().(*ecdsa.PublicKey), digest[:], signature), "an ECDSA signature verifies in Go")

	pair, err := token.GenerateRSAKeyPairWithLabel([]byte{2}, []byte("go-rsa"), 2048)
	must(err)
	public := pair.Public().(*rsa.PublicKey)
	signature, err = pair.Sign(rand.Reader, digest[:], crypto.SHA256)
	must(err)
	claim(rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature) == nil, "an RSA signature verifies in Go")
	pss := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	signature, err = pair.Sign(rand.Reader, digest[:], pss)
	must(err)
	claim(rsa.VerifyPSS(public, crypto.SHA256, digest[:], signature, pss) == nil, "an RSA-PSS signature verifies in Go")
	sealed, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public, message, nil)
	must(err)
	opened, err := pair.Decrypt(rand.Reader, sealed, &rsa.OAEPOptions{Hash: crypto.SHA256})
	must(err)
	claim(bytes.Equal(opened, message), "what Go seals by OAEP, the token opens")

	secret, err := token.GenerateSecretKeyWithLabel([]byte{3}, []byte("go-aes"), 256, crypto11.CipherAES)
	must(err)
	gcm, err := secret.NewGCM()
	must(err)
	nonce := make([]byte, gcm.NonceSize())
	box := gcm.Seal(nil, nonce, message, []byte("with this"))
	opened, err = gcm.Open(nil, nonce, box, []byte("with this"))
	must(err)
	claim(bytes.Equal(opened, message), "AES-GCM opens what it sealed")
	box[0] ^= 1
	_, err = gcm.Open(nil, nonce, box, []byte("with this"))
	claim(err != nil, "AES-GCM refuses what was changed")

	handshake(pair, curved)
	manyThreads(curved)

	found, err := token.FindKeyPair(nil, []byte("go-rsa"))
	must(err)
	claim(found != nil, "a pair is found by its label")
	must(found.Delete())
	found, err = token.FindKeyPair(nil, []byte("go-rsa"))
	claim(err == nil && found == nil, "what was deleted is not found")
	must(token.Close())
}

// TLS on a pipe of the loopback, with a certificate whose key is in the token.
func handshake(keys ...crypto.Signer) {
	for i, key := range keys {
		plan := &x509.Certificate{SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: "localhost"},
			DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, plan, plan, key.Public(), key)
		must(err)
		parsed, err := x509.ParseCertificate(der)
		must(err)
		listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
		must(err)
		go func() {
			connection, err := listener.Accept()
			must(err)
			connection.Write(message)
			connection.Close()
		}()
		roots := x509.NewCertPool()
		roots.AddCert(parsed)
		connection, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "localhost"})
		must(err)
		read, err := io.ReadAll(connection)
		must(err)
		claim(bytes.Equal(read, message), fmt.Sprintf("a TLS handshake with key %d of the token", i))
	}
}

func manyThreads(key crypto.Signer) {
	var group sync.WaitGroup
	wrong := make(chan bool, 400)
	for i := 0; i < 16; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := 0; j < 25; j++ {
				digest := sha256.Sum256([]byte{byte(j)})
				signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
				wrong <- err != nil || !ecdsa.VerifyASN1(key.Public().(*ecdsa.PublicKey), digest[:], signature)
			}
		}()
	}
	group.Wait()
	close(wrong)
	for bad := range wrong {
		if bad {
			claim(false, "400 signatures from 16 goroutines verify")
		}
	}
	claim(true, "400 signatures from 16 goroutines verify")
}
