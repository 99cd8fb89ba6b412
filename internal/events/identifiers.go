package events

import (
	"fmt"
	"slices"
	"strconv"

	"customer-events/internal/strictjson"
	"customer-events/models"
)

// choice is one branch of an identifier union. read leaves the link as it was if it complains.
type choice struct {
	names [2]string
	read  func(r *reader, link *Link, path []string) error
}

// unionOf is an identifier union: exactly one of its choices is given.
type unionOf struct {
	choices []choice
	secret  bool // nothing inside may be repeated, names of unknown fields included
	// passCode is the member that goes with an identifier and stands beside it, as the Web API has it; GraphQL has both in an
	// object of their own.
	passCode bool
}

const wirePassCode = "pass_code"

var (
	accountUnion = unionOf{choices: []choice{
		byText(both("id", "id"), models.Accounts, models.ByID),
		byText(both("number", "number"), models.Accounts, models.ByNumber),
		byText(both("name", "name"), models.Accounts, models.ByName)}}
	participantUnion = unionOf{choices: []choice{
		byText(both("id", "id"), models.Participants, models.ByID),
		byText(both("number", "number"), models.Participants, models.ByNumber),
		{both("accessTokenIdentifier", "access_token_identifier"), func(r *reader, link *Link, path []string) error {
			return tokenUnion.read(r, link, path)
		}}}}
	classificationUnion = unionOf{choices: []choice{
		byText(both("id", "id"), models.Classifications, models.ByID),
		byText(both("name", "name"), models.Classifications, models.ByName),
		byText(both("alternativeCode", "alternative_code"), models.Classifications, models.ByAlternativeCode)}}
	unitUnion = unionOf{choices: []choice{
		byText(both("id", "id"), models.Units, models.ByID),
		byText(both("name", "name"), models.Units, models.ByName),
		byText(both("alternativeCode", "alternative_code"), models.Units, models.ByAlternativeCode)}}
	tokenUnion = unionOf{secret: true, passCode: true, choices: []choice{
		{both("authenticationCode", "authentication_code"), readAuthenticationCode},
		{both("credentials", "identifier"), readCredentials},
		{both("oneTimePassword", "one_time_password"), readOneTimePassword}}}
)

// union reads an identifier into the link that at finds.
func union(u unionOf, at func(*WebCustomerEventInput) *Link) func(*reader, *field, *WebCustomerEventInput) error {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		return u.read(r, at(in), f.paths[r.Naming])
	}
}

// customer reads one of the two identifiers of the customer; both together are refused.
func customer(u unionOf) func(*reader, *field, *WebCustomerEventInput) error {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		name := f.names[r.Naming]
		if in.Customer.Given {
			r.fault(models.Invalid, name+" Is Given Beside "+in.Customer.Path[0]+": give exactly one of them.", name)
			return r.Skip()
		}
		return u.read(r, &in.Customer, f.paths[r.Naming])
	}
}

func (u unionOf) read(r *reader, link *Link, path []string) error {
	name := path[len(path)-1]
	if r.Kind() != strictjson.Object {
		r.fault(models.Invalid, name+" Is Not Valid: write an object with exactly one of "+u.list(r.Naming)+".", path...)
		return r.Skip()
	}
	given, faults := 0, len(r.in.Faults)
	var found Link
	var passCode *string
	var null []string
	err := r.Object(func(member string) error {
		if u.passCode && r.Naming == Wire && member == wirePassCode {
			return r.passCode(&passCode, append(path[:len(path):len(path)], member))
		}
		for i := range u.choices {
			choice := &u.choices[i]
			if member != choice.names[r.Naming] {
				continue
			}
			if given++; given > 1 {
				return r.Skip()
			}
			inner := r.space.path(path, choice.names[r.Naming])
			if r.Kind() == strictjson.Null {
				null = inner
				return r.Null()
			}
			found.Path = inner
			return choice.read(r, &found, inner)
		}
		if u.secret {
			r.fault(models.Invalid, name+" Is Not Valid: it has an unknown field, write exactly one of "+u.list(r.Naming)+".", path...)
		} else {
			shown := models.Shown(member)
			r.fault(models.Invalid, shown+" Is Not A Field Of "+name+": write exactly one of "+u.list(r.Naming)+".",
				append(path[:len(path):len(path)], shown)...)
		}
		return r.Skip()
	})
	if err != nil {
		return err
	}
	if u.passCode && r.Naming == Wire && found.Given && given == 1 {
		inner := append(path[:len(path):len(path)], wirePassCode)
		switch hasIdentifier := found.To.By == models.ByIdentifier; {
		case hasIdentifier && passCode != nil:
			found.PassCode = *passCode
		case hasIdentifier && len(r.in.Faults) == faults:
			r.mandatory(inner...)
		case !hasIdentifier && passCode != nil:
			r.fault(models.Invalid, wirePassCode+" Is Not Valid: it goes with an identifier only.", inner...)
		}
	}
	switch {
	case given > 1:
		// Before what is wrong with the first of them: the code must not depend on the order of the members.
		if len(r.in.Faults) < maxFaults {
			r.in.Faults = slices.Insert(r.in.Faults, faults, models.Fault{Code: models.Invalid, Path: path,
				What: fmt.Sprintf("%s Is Not Valid: it has %d identifiers, write exactly one of %s.", name, given, u.list(r.Naming))})
		}
	case null != nil:
		r.mandatory(null...)
	case given == 0 && len(r.in.Faults) == faults:
		r.fault(models.Mandatory, name+" Is Mandatory: write exactly one of "+u.list(r.Naming)+".", path...)
	case len(r.in.Faults) == faults:
		*link = found
	}
	return nil
}

func (u unionOf) list(naming Naming) (list string) {
	for i, choice := range u.choices {
		if i > 0 {
			list += ", "
		}
		list += choice.names[naming]
	}
	return list
}

// byText points at a record by a text that stands as it is in the directory.
func byText(names [2]string, kind models.Kind, by models.Attribute) choice {
	return choice{names, func(r *reader, link *Link, path []string) error {
		value, ok, err := r.text(MaxShortText, false, path...)
		if ok && blank(value) {
			r.mandatory(path...)
			ok = false
		}
		if ok {
			link.Given, link.To = true, models.Reference{Kind: kind, By: by, Value: value}
		}
		return err
	}}
}

// secret reads a text that must not be shown.
func (r *reader) secret(path []string) (value string, ok bool, err error) {
	value, ok, err = r.text(MaxShortText, true, path...)
	if ok && blank(value) {
		r.mandatory(path...)
		ok = false
	}
	return value, ok, err
}

// hidden points at an access token by the hash of a secret, and by those that older keys would have given it.
func (r *reader) hidden(link *Link, by models.Attribute, hash func(*models.Secrets) []byte) {
	link.Given, link.To = true, models.Reference{Kind: models.AccessTokens, By: by, Value: string(hash(r.Secrets))}
	for _, older := range r.Secrets.Older() {
		link.Older = append(link.Older, models.Reference{Kind: models.AccessTokens, By: by, Value: string(hash(older))})
	}
}

func readAuthenticationCode(r *reader, link *Link, path []string) error {
	code, ok, err := r.secret(path)
	if ok {
		r.hidden(link, models.ByAuthenticationCode, func(s *models.Secrets) []byte { return s.AuthenticationCode(code) })
	}
	return err
}

// readOneTimePassword takes digits, in a text or as a whole number. A number cannot have leading zeros; the CRM's passwords
// have six digits, so a shorter number is filled up to six.
func readOneTimePassword(r *reader, link *Link, path []string) error {
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
			r.fault(models.Invalid, path[len(path)-1]+remedy, path...)
			return nil
		}
		password = fmt.Sprintf("%06d", n)
	default:
		text, ok, err := r.secret(path)
		if err != nil || !ok {
			return err
		}
		for _, digit := range text {
			if digit < '0' || digit > '9' {
				r.fault(models.Invalid, path[len(path)-1]+remedy, path...)
				return nil
			}
		}
		password = text
	}
	r.hidden(link, models.ByOneTimePassword, func(s *models.Secrets) []byte { return s.OneTimePassword(password) })
	return nil
}

// passCode reads the Web API's pass code, which stands beside its identifier.
func (r *reader) passCode(into **string, path []string) error {
	if *into != nil {
		r.fault(models.Invalid, wirePassCode+" Is Given Twice.", path...)
		return r.Skip()
	}
	if r.Kind() == strictjson.Null {
		return r.Null()
	}
	value, ok, err := r.secret(path)
	if ok {
		*into = &value
	}
	return err
}

// readCredentials reads an identifier with its pass code; of the Web API's it reads the identifier only.
func readCredentials(r *reader, link *Link, path []string) error {
	if r.Naming == Wire {
		identifier, ok, err := r.secret(path)
		if ok {
			link.Given, link.To = true, models.Reference{Kind: models.AccessTokens, By: models.ByIdentifier, Value: identifier}
		}
		return err
	}
	name, faults := path[len(path)-1], len(r.in.Faults)
	if r.Kind() != strictjson.Object {
		r.fault(models.Invalid, name+" Is Not Valid: write an object with identifier and its pass code.", path...)
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
				r.fault(models.Invalid, name+" Is Given Twice.", inner...)
				return r.Skip()
			}
			seen[i] = true
			if r.Kind() == strictjson.Null {
				return r.Null()
			}
			value, ok, err := r.secret(inner)
			if ok {
				values[i] = &value
			}
			return err
		}
		r.fault(models.Invalid, name+" Is Not Valid: it has an unknown field, write "+names[0]+" and "+names[1]+".", path...)
		return r.Skip()
	})
	if err != nil || len(r.in.Faults) > faults {
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
		link.To = models.Reference{Kind: models.AccessTokens, By: models.ByIdentifier, Value: *values[0]}
	}
	return nil
}
