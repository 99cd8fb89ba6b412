// Package testutil makes the inputs that tests of several packages need. It imports the standard library
// only, so that every test can use it.
package testutil

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"os"
	"testing"
)

// Gzip compresses each part as a gzip member of its own, and returns the members as one text.
func Gzip(parts ...string) string {
	var compressed bytes.Buffer
	for _, part := range parts {
		w := gzip.NewWriter(&compressed)
		_, err := io.WriteString(w, part)
		if err = errors.Join(err, w.Close()); err != nil {
			panic(err) // a bytes.Buffer takes every write
		}
	}
	return compressed.String()
}

// WriteCertificate completes a template, signs it with a new key, and writes both as PEM files.
func WriteCertificate(t testing.TB, certFile, keyFile string, template *x509.Certificate) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(1)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der},
		keyFile:  {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}
