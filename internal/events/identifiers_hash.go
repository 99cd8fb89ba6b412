package events

import (
	"bytes"

	"customer-events/models"
)

// identifierHash is the hash of one identifier: by today's key, or by the older key at that place.
func (b *batch) identifierHash(link *Reference, external models.ExternalReference, by int) []byte {
	secrets, ref := b.Hasher, link.Target
	if by != currentKey {
		secrets = b.Hasher.Previous()[by]
		if len(link.Previous) > 0 {
			ref = link.Previous[by]
		}
	}
	if link.Target.Kind == models.AccessTokens {
		return secrets.Identifier(ref, link.PassCode, external.System, external.Number)
	}
	return secrets.Identifier(ref)
}

// identifiersHash is what is kept of the identifiers of an event that has an external reference. Most events
// of a call point at a few classifications and units, whose hashes are made once.
func (b *batch) identifiersHash(it *item) []byte {
	external, ok := it.row.ExternalReference()
	if !ok {
		return nil
	}
	hashes := make([]byte, 0, 3*models.IdentifierHashLength)
	for i, link := range it.in.references() {
		if i == customerIdentifier {
			hashes = append(hashes, b.identifierHash(link, external, currentKey)...)
			continue
		}
		hash, known := b.hashes[link.Target]
		if !known {
			hash = b.identifierHash(link, external, currentKey)
			if b.hashes == nil {
				b.hashes = make(map[models.Reference][]byte)
			}
			b.hashes[link.Target] = hash
		}
		hashes = append(hashes, hash...)
	}
	return hashes
}

// sentWith reports whether a recorded event was sent with this very identifier.
func (b *batch) sentWith(row *models.WebCustomerEvent, which int, link *Reference) bool {
	external, ok := row.ExternalReference()
	from, end := which*models.IdentifierHashLength, (which+1)*models.IdentifierHashLength
	if !ok || len(row.IdentifiersHash) < end {
		return false
	}
	for by := currentKey; by < len(b.Hasher.Previous()); by++ {
		if bytes.Equal(row.IdentifiersHash[from:end], b.identifierHash(link, external, by)) {
			return true
		}
	}
	return false
}
