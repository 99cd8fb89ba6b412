package events

import (
	"fmt"
	"slices"
	"strconv"

	"customer-events/internal/strictjson"
	"customer-events/models"
)

// alternative is one branch of an identifier union. read leaves the link as it was if it complains.
type alternative struct {
	names [2]string
	read  func(r *reader, link *Reference, path []string) error
}

// oneOf is an identifier union: exactly one of its choices is given.
type oneOf struct {
	alternatives []alternative
	secret       bool // nothing inside may be repeated, names of unknown fields included
	// passCode is the member that goes with an identifier and stands beside it, as the Web API has it; GraphQL has both in an
	// object of their own.
	passCode bool
}

const wirePassCode = "pass_code"

var (
	accountUnion = oneOf{alternatives: []alternative{
		byText(spellings("id", "id"), models.Accounts, models.ByID),
		byText(spellings("number", "number"), models.Accounts, models.ByNumber),
		byText(spellings("name", "name"), models.Accounts, models.ByName)}}
	participantUnion = oneOf{alternatives: []alternative{
		byText(spellings("id", "id"), models.Participants, models.ByID),
		byText(spellings("number", "number"), models.Participants, models.ByNumber),
		{spellings("accessTokenIdentifier", "access_token_identifier"), func(r *reader, link *Reference, path []string) error {
			return tokenUnion.read(r, link, path)
		}}}}
	classificationUnion = oneOf{alternatives: []alternative{
		byText(spellings("id", "id"), models.Classifications, models.ByID),
		byText(spellings("name", "name"), models.Classifications, models.ByName),
		byText(spellings("alternativeCode", "alternative_code"), models.Classifications, models.ByAlternativeCode)}}
	unitUnion = oneOf{alternatives: []alternative{
		byText(spellings("id", "id"), models.Units, models.ByID),
		byText(spellings("name", "name"), models.Units, models.ByName),
		byText(spellings("alternativeCode", "alternative_code"), models.Units, models.ByAlternativeCode)}}
	tokenUnion = oneOf{secret: true, passCode: true, alternatives: []alternative{
		{spellings("authenticationCode", "authentication_code"), readAuthenticationCode},
		{spellings("credentials", "identifier"), readCredentials},
		{spellings("oneTimePassword", "one_time_password"), readOneTimePassword}}}
)

// union reads an identifier into the link that at finds.
func union(u oneOf, at func(*WebCustomerEventInput) *Reference) func(*reader, *field, *WebCustomerEventInput) error {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		return u.read(r, at(in), f.paths[r.FieldNames])
	}
}

// customer reads one of the two identifiers of the customer; both together are refused.
func customer(u oneOf) func(*reader, *field, *WebCustomerEventInput) error {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		name := f.names[r.FieldNames]
		if in.Customer.Given {
			r.addProblem(models.Invalid, name+" Is Given Beside "+in.Customer.Path[0]+": give exactly one of them.", name)
			return r.Skip()
		}
		return u.read(r, &in.Customer, f.paths[r.FieldNames])
	}
}

func (u oneOf) read(r *reader, link *Reference, path []string) error {
	name := path[len(path)-1]
	if r.Kind() != strictjson.Object {
		r.addProblem(models.Invalid, name+" Is Not Valid: write an object with exactly one of "+u.list(r.FieldNames)+".", path...)
		return r.Skip()
	}
	given, faults := 0, len(r.in.Problems)
	var found Reference
	var passCode *string
	var null []string
	err := r.Object(func(member string) error {
		if u.passCode && r.FieldNames == SnakeCase && member == wirePassCode {
			return r.passCode(&passCode, append(path[:len(path):len(path)], member))
		}
		for i := range u.alternatives {
			choice := &u.alternatives[i]
			if member != choice.names[r.FieldNames] {
				continue
			}
			if given++; given > 1 {
				return r.Skip()
			}
			inner := r.arena.path(path, choice.names[r.FieldNames])
			if r.Kind() == strictjson.Null {
				null = inner
				return r.Null()
			}
			found.Path = inner
			return choice.read(r, &found, inner)
		}
		if u.secret {
			r.addProblem(models.Invalid, name+" Is Not Valid: it has an unknown field, write exactly one of "+u.list(r.FieldNames)+".", path...)
		} else {
			shown := models.Sanitize(member)
			r.addProblem(models.Invalid, shown+" Is Not A Field Of "+name+": write exactly one of "+u.list(r.FieldNames)+".",
				append(path[:len(path):len(path)], shown)...)
		}
		return r.Skip()
	})
	if err != nil {
		return err
	}
	if u.passCode && r.FieldNames == SnakeCase && found.Given && given == 1 {
		inner := append(path[:len(path):len(path)], wirePassCode)
		switch hasIdentifier := found.Target.By == models.ByIdentifier; {
		case hasIdentifier && passCode != nil:
			found.PassCode = *passCode
		case hasIdentifier && len(r.in.Problems) == faults:
			r.mandatory(inner...)
		case !hasIdentifier && passCode != nil:
			r.addProblem(models.Invalid, wirePassCode+" Is Not Valid: it goes with an identifier only.", inner...)
		}
	}
	switch {
	case given > 1:
		// Before what is wrong with the first of them: the code must not depend on the order of the members.
		if len(r.in.Problems) < maxProblems {
			r.in.Problems = slices.Insert(r.in.Problems, faults, models.Problem{Code: models.Invalid, Path: path,
				Detail: fmt.Sprintf("%s Is Not Valid: it has %d identifiers, write exactly one of %s.", name, given, u.list(r.FieldNames))})
		}
	case null != nil:
		r.mandatory(null...)
	case given == 0 && len(r.in.Problems) == faults:
		r.addProblem(models.Mandatory, name+" Is Mandatory: write exactly one of "+u.list(r.FieldNames)+".", path...)
	case len(r.in.Problems) == faults:
		*link = found
	}
	return nil
}

func (u oneOf) list(naming FieldNames) (list string) {
	for i, choice := range u.alternatives {
		if i > 0 {
			list += ", "
		}
		list += choice.names[naming]
	}
	return list
}

// byText points at a record by a text that stands as it is in the directory.
func byText(names [2]string, kind models.Kind, by models.Attribute) alternative {
	return alternative{names, func(r *reader, link *Reference, path []string) error {
		value, ok, err := r.text(MaxShortText, false, path...)
		if ok && blank(value) {
			r.mandatory(path...)
			ok = false
		}
		if ok {
			link.Given, link.Target = true, models.Reference{Kind: kind, By: by, Value: value}
		}
		return err
	}}
}

// readSecret reads a text that must not be shown.
func (r *reader) readSecret(path []string) (value string, ok bool, err error) {
	value, ok, err = r.text(MaxShortText, true, path...)
	if ok && blank(value) {
		r.mandatory(path...)
		ok = false
	}
	return value, ok, err
}

// bySecretHash points at an access token by the hash of a secret, and by those that older keys would have given it.
func (r *reader) bySecretHash(link *Reference, by models.Attribute, hash func(*models.KeyedHasher) []byte) {
	link.Given, link.Target = true, models.Reference{Kind: models.AccessTokens, By: by, Value: string(hash(r.Hasher))}
	for _, older := range r.Hasher.Previous() {
		link.Previous = append(link.Previous, models.Reference{Kind: models.AccessTokens, By: by, Value: string(hash(older))})
	}
}

func readAuthenticationCode(r *reader, link *Reference, path []string) error {
	code, ok, err := r.readSecret(path)
	if ok {
		r.bySecretHash(link, models.ByAuthenticationCode, func(s *models.KeyedHasher) []byte { return s.AuthenticationCode(code) })
	}
	return err
}

// readOneTimePassword takes digits, in a text or as a whole number. A number cannot have leading zeros; the CRM's passwords
// have six digits, so a shorter number is filled up to six.
func readOneTimePassword(r *reader, link *Reference, path []string) error {
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
	r.bySecretHash(link, models.ByOneTimePassword, func(s *models.KeyedHasher) []byte { return s.OneTimePassword(password) })
	return nil
}

// passCode reads the Web API's pass code, which stands beside its identifier.
func (r *reader) passCode(into **string, path []string) error {
	if *into != nil {
		r.addProblem(models.Invalid, wirePassCode+" Is Given Twice.", path...)
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

// readCredentials reads an identifier with its pass code; of the Web API's it reads the identifier only.
func readCredentials(r *reader, link *Reference, path []string) error {
	if r.FieldNames == SnakeCase {
		identifier, ok, err := r.readSecret(path)
		if ok {
			link.Given, link.Target = true, models.Reference{Kind: models.AccessTokens, By: models.ByIdentifier, Value: identifier}
		}
		return err
	}
	name, faults := path[len(path)-1], len(r.in.Problems)
	if r.Kind() != strictjson.Object {
		r.addProblem(models.Invalid, name+" Is Not Valid: write an object with identifier and its pass code.", path...)
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
		r.addProblem(models.Invalid, name+" Is Not Valid: it has an unknown field, write "+names[0]+" and "+names[1]+".", path...)
		return r.Skip()
	})
	if err != nil || len(r.in.Problems) > faults {
		return err
	}
	for i, value := range values {
		if value == nil {
			r.mandatory(append(path[:len(path):len(path)], names[i])...)
		}
	}
	// Not by the faults: beyond maxFaults they are not counted.
	if values[0] != nil && values[1] != nil {
		link.Given, link.PassCode = true, *values[1]
		link.Target = models.Reference{Kind: models.AccessTokens, By: models.ByIdentifier, Value: *values[0]}
	}
	return nil
}
