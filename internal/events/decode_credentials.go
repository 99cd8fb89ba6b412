package events

import (
	"fmt"
	"strconv"

	"customer-events/internal/strictjson"
	"customer-events/models"
)

var tokenCredentials = oneOf{secret: true, passCode: true, alternatives: []alternative{
	{spellings("authenticationCode", "authentication_code"), readAuthenticationCode},
	{spellings("credentials", "identifier"), readCredentials},
	{spellings("oneTimePassword", "one_time_password"), readOneTimePassword}}}

// readAccessToken reads the credential of an access token.
func readAccessToken(r *reader, ref *Reference, path []string) error {
	return tokenCredentials.read(r, ref, path)
}

// readSecret reads a text that must not appear in problems.
func (r *reader) readSecret(path []string) (value string, ok bool, err error) {
	value, ok, err = r.readString(MaxShortText, true, path...)
	if ok && isBlank(value) {
		r.addMandatory(path...)
		ok = false
	}
	return value, ok, err
}

// bySecretHash refers to an access token by the hash of a secret: by the current key, and by each older one.
func (r *reader) bySecretHash(ref *Reference, by models.Attribute, hash func(*models.KeyedHasher) []byte) {
	target := func(hasher *models.KeyedHasher) models.Reference {
		return models.Reference{Kind: models.AccessTokens, By: by, Value: string(hash(hasher))}
	}
	ref.Given, ref.Target = true, target(r.Hasher)
	for _, previous := range r.Hasher.Previous() {
		ref.Previous = append(ref.Previous, target(previous))
	}
}

func readAuthenticationCode(r *reader, ref *Reference, path []string) error {
	code, ok, err := r.readSecret(path)
	if ok {
		r.bySecretHash(ref, models.ByAuthenticationCode, func(hasher *models.KeyedHasher) []byte {
			return hasher.AuthenticationCode(code)
		})
	}
	return err
}

// readOneTimePassword reads digits, in a text or as a whole number. A number has no leading zeros and the
// CRM's passwords have six digits, so it pads a shorter number to six.
func readOneTimePassword(r *reader, ref *Reference, path []string) error {
	const remedy = " Is Not Valid: write the digits as a text or a whole number."
	var password string
	switch r.Kind() {
	case strictjson.Number:
		text, err := r.Number()
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			r.addProblem(models.Invalid, path[len(path)-1]+remedy, path...)
			return nil
		}
		password = fmt.Sprintf("%06d", n)
	default:
		text, ok, err := r.readSecret(path)
		if err != nil || !ok {
			return err
		}
		for _, digit := range text {
			if digit < '0' || digit > '9' {
				r.addProblem(models.Invalid, path[len(path)-1]+remedy, path...)
				return nil
			}
		}
		password = text
	}
	r.bySecretHash(ref, models.ByOneTimePassword, func(hasher *models.KeyedHasher) []byte {
		return hasher.OneTimePassword(password)
	})
	return nil
}

// readPassCode reads the Web API's pass code, a member beside its identifier.
func (r *reader) readPassCode(into **string, path []string) error {
	if *into != nil {
		r.addProblem(models.Invalid, passCodeMember+" Is Given Twice.", path...)
		return r.Skip()
	}
	if r.Kind() == strictjson.Null {
		return r.Null()
	}
	value, ok, err := r.readSecret(path)
	if ok {
		*into = &value
	}
	return err
}

// checkPassCode adds the Web API's pass code to its identifier, or a problem if one is without the other.
// problems is the number of problems before the object.
func (r *reader) checkPassCode(ref *Reference, passCode *string, path []string, problems int) {
	inner := append(path[:len(path):len(path)], passCodeMember)
	switch hasIdentifier := ref.Target.By == models.ByIdentifier; {
	case hasIdentifier && passCode != nil:
		ref.PassCode = *passCode
	case hasIdentifier && len(r.in.Problems) == problems:
		r.addMandatory(inner...)
	case !hasIdentifier && passCode != nil:
		r.addProblem(models.Invalid,
			passCodeMember+" Is Not Valid: it goes with an identifier only.", inner...)
	}
}

func tokenIdentifier(identifier string) models.Reference {
	return models.Reference{Kind: models.AccessTokens, By: models.ByIdentifier, Value: identifier}
}

// readCredentials reads an identifier and its pass code. In the Web API it reads the identifier only.
func readCredentials(r *reader, ref *Reference, path []string) error {
	if r.FieldNames == SnakeCase {
		identifier, ok, err := r.readSecret(path)
		if ok {
			ref.Given = true
			ref.Target = tokenIdentifier(identifier)
		}
		return err
	}
	name, problems := path[len(path)-1], len(r.in.Problems)
	if r.Kind() != strictjson.Object {
		r.addProblem(models.Invalid,
			name+" Is Not Valid: write an object with identifier and its pass code.", path...)
		return r.Skip()
	}
	names := [2]string{"identifier", "passCode"}
	var seen [2]bool
	var values [2]*string
	err := r.Object(func(member string) error {
		for i, name := range names {
			if member != name {
				continue
			}
			inner := append(path[:len(path):len(path)], name)
			if seen[i] {
				r.addProblem(models.Invalid, name+" Is Given Twice.", inner...)
				return r.Skip()
			}
			seen[i] = true
			if r.Kind() == strictjson.Null {
				return r.Null()
			}
			value, ok, err := r.readSecret(inner)
			if ok {
				values[i] = &value
			}
			return err
		}
		r.addProblem(models.Invalid,
			name+" Is Not Valid: it has an unknown field, write "+names[0]+" and "+names[1]+".", path...)
		return r.Skip()
	})
	if err != nil || len(r.in.Problems) > problems {
		return err
	}
	for i, value := range values {
		if value == nil {
			r.addMandatory(append(path[:len(path):len(path)], names[i])...)
		}
	}
	// The number of problems does not show whether both are present: it stops at maxProblems.
	if values[0] != nil && values[1] != nil {
		ref.Given, ref.PassCode = true, *values[1]
		ref.Target = tokenIdentifier(*values[0])
	}
	return nil
}
