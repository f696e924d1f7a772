// Command envelope opens the sealed records of docs/format-vectors.json, from the words of
// docs/format.md alone, with Go's own HPKE, HKDF and ChaCha20-Poly1305.
//
//	envelope VECTORS
//
// It prints, for each recipient, the plaintexts (still squeezed) in hexadecimal, one a line.
package main

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/crypto/chacha20poly1305"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func raw(text string) []byte {
	data, err := hex.DecodeString(text)
	check(err)
	return data
}

type vectors struct {
	Keys []struct {
		Suite uint64
		Seed  string
	}
	Session struct{ Info, Header string }
	Records []struct {
		Index  int
		Record string
		Data   string `json:"associated_data"`
	}
}

// number reads unsigned LEB128.
func number(data *bytes.Reader) uint64 {
	value, err := binary.ReadUvarint(data)
	check(err)
	return value
}

func take(data *bytes.Reader, count int) []byte {
	taken := make([]byte, count)
	_, err := data.Read(taken)
	check(err)
	return taken
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err)
	var v vectors
	check(json.Unmarshal(text, &v))
	info := raw(v.Session.Info)
	header := bytes.NewReader(raw(v.Session.Header))
	take(header, 8+32+8) // session id, form hash, dictionary
	for recipients := number(header); recipients > 0; recipients-- {
		suite := number(header)
		take(header, 8) // key id
		kem, length := hpke.MLKEM768X25519(), 1168
		if suite == 2 {
			kem, length = hpke.DHKEM(ecdh.X25519()), 80
		}
		sealed := take(header, length)
		var secret []byte
		for _, key := range v.Keys {
			if key.Suite == suite {
				private, err := kem.NewPrivateKey(raw(key.Seed))
				check(err)
				secret, err = hpke.Open(private, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info, sealed)
				check(err)
				break
			}
		}
		salt := sha256.Sum256(info)
		link, err := hkdf.Key(sha256.New, secret, salt[:], "parvis/1 chain\x00", 32)
		check(err)
		for _, record := range v.Records {
			step, err := hkdf.Expand(sha256.New, link, "parvis/1 step\x00", 96)
			check(err)
			link = step[:32]
			aead, err := chacha20poly1305.New(step[32:64])
			check(err)
			data := bytes.NewReader(raw(record.Record))
			take(data, 32) // commitment
			ciphertext := take(data, int(number(data)))
			opened, err := aead.Open(nil, make([]byte, 12), ciphertext, raw(record.Data))
			check(err)
			end := bytes.LastIndexByte(opened, 0x80) // ISO/IEC 7816-4
			fmt.Println(hex.EncodeToString(opened[:end]))
		}
	}
}
