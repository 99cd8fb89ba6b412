package models

import "strings"

// isScheme reports whether a name in lower case is a scheme that a text with a number behind its colon may
// have: tel:112 is no host tel with the port 112.
func isScheme(name string) bool { return schemes[name] || strings.HasPrefix(name, "ms-") }

// schemes are those of IANA's registry of URI schemes that name a protocol, an identifier or a program, and
// those that browsers run or have run. Names that hosts have too, such as git and proxy, are left out: no
// program acts on their scheme with a number only.
var schemes = func() map[string]bool {
	names := make(map[string]bool)
	for name := range strings.FieldsSeq(`
		about acap acct acr adiumxtra afp afs aim android appdata apt ark attachment aw
		barion bb beshare bitcoin bitcoincash blob bolo
		calculator callto cap chrome chrome-extension chrome-search cid coap coaps crid cvs
		dab data dav did dlna-playcontainer dlna-playsingle dns dntp doi drm dtmi dvb
		ed2k eid ens ethereum
		facetime fax feed feedready file filesystem finger fm ftp ftps
		geo gg gizmoproject gopher gtalk
		h323 ham hcap hcp hdl http https hxxp hxxps
		iax icap im imap imaps info intent ipfs ipn ipns ipp ipps irc irc6 ircs isbn itms
		jabber jar javascript jms jsr223
		keyparc
		lastfm ldap ldapi ldaps lid lightning livescript lorawan
		magnet mailserver mailto market mid mms mmst mmsh mmsto mocha modem moz moz-extension
		msnim mtqp mumble mupdate mvn
		news nfs ni nih nntp
		oid opaquelocktoken
		paparazzi payto pkcs11 pmid pop pop3 prospero ptrtc pwid
		reload rmi rsync rtmp rtmps rtp rtsp rtsps rtspu
		sarif scp secondlife secret-token sftp sgn shttp sieve sip sips skype sms smsto smb smtp
		snews snmp soldat spotify ssb ssh steam stun stuns submit svn swh
		tag teamspeak tel telegram telnet tftp tg thismessage tip tn3270 turn turns tv
		udp unreal upn urn ut2004 uuid-in-package
		vbs vbscript vemmi ventrilo viber view-source vnc vnd.youtube
		wais wcr webcal weixin whatsapp wifi wpid ws wss wtai wyciwyg
		xcon xcon-userid xfire xmpp xmpps xri
		ymsgr
		z39.50 z39.50r z39.50s zoommtg zoomus
	`) {
		names[name] = true
	}
	return names
}()
