import type { AttemptStore, CodeStore, CodeUse, SmsCode } from '../../../core/access/index.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface CodeRow {
  readonly id: string
  readonly phone_key: string
  readonly purpose: CodeUse
  readonly subject: string | null
  readonly code_key: string
  readonly sent_at_ms: number
  readonly expires_at_ms: number
  readonly tries: number
  readonly used_at_ms: number | null
}

const minuteMs = 60_000

export function sqlCodes ({ sql }: Unit): CodeStore {
  return {
    // The minute is unique for a phone, so that two requests at once cannot both send.
    add: async ({ id, phoneKey, use, subject, codeKey, sentAt, expiresAt, tries, usedAt }) => await sql.run(
      `insert into sms_codes (id, phone_key, purpose, subject, code_key, sent_minute, sent_at_ms, expires_at_ms, tries, used_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (phone_key, sent_minute) do nothing`,
      [id, phoneKey, use, subject, codeKey, Math.floor(sentAt.getTime() / minuteMs), sentAt.getTime(), expiresAt.getTime(), tries, msOrNull(usedAt)]) === 1,
    ofPhone: async (phoneKey) => (await sql.all<CodeRow>('select * from sms_codes where phone_key = ? order by sent_at_ms', [phoneKey])).map(codeOf),
    countTry: async (id, most) => await sql.run('update sms_codes set tries = tries + 1 where id = ? and tries < ? and used_at_ms is null', [id, most]) === 1,
    markUsed: async (id, at) => await sql.run('update sms_codes set used_at_ms = ? where id = ? and used_at_ms is null', [at.getTime(), id]) === 1,
    dropBefore: async (sentBefore) => {
      await sql.run('delete from sms_codes where sent_at_ms < ?', [sentBefore.getTime()])
    }
  }
}

function codeOf (row: CodeRow): SmsCode {
  return {
    id: row.id,
    phoneKey: row.phone_key,
    use: row.purpose,
    subject: row.subject,
    codeKey: row.code_key,
    sentAt: instant(row.sent_at_ms),
    expiresAt: instant(row.expires_at_ms),
    tries: row.tries,
    usedAt: instantOrNull(row.used_at_ms)
  }
}

export function sqlAttempts ({ sql, dialect }: Unit): AttemptStore {
  return {
    add: async (kind, subject, at) => {
      await sql.run('insert into access_attempts (kind, subject, at_ms) values (?, ?, ?)', [kind, subject, at.getTime()])
    },
    since: async (kind, subject, since) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`${kind} ${subject}`])
      const rows = await sql.all<{ readonly at_ms: number }>('select at_ms from access_attempts where kind = ? and subject = ? and at_ms > ? order by at_ms', [kind, subject, since.getTime()])
      return rows.map((row) => instant(row.at_ms))
    },
    dropBefore: async (before) => {
      await sql.run('delete from access_attempts where at_ms < ?', [before.getTime()])
    }
  }
}
