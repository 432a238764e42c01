import fc from 'fast-check'
import t from 'tap'
import { ratingMean, starLevel, starWords, type StarTally } from '../../../core/invitations/index.ts'

const now = new Date('2027-03-01T04:00:00Z')
const nothing: StarTally = { invitations: 0, ratings: 0, ratingSum: 0, upheldAt: [] }
const level = (tally: Partial<StarTally>, at = now): number => starLevel({ ...nothing, ...tally }, at).level
const rated = (ratings: number, mean: number): Partial<StarTally> => ({ ratings, ratingSum: ratings * mean })

t.test('the star level', async (t) => {
  t.test('begins with the number of invitations [M13]', async (t) => {
    t.strictSame([0, 4, 5, 19, 20, 49, 50, 99, 100, 5_000].map((invitations) => level({ invitations })), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
  })

  t.test('goes up or down by the weighted mean of five ratings and more [M13]', async (t) => {
    t.equal(ratingMean({ ratings: 1, ratingSum: 5 }).toFixed(3), '4.091')
    t.equal(ratingMean({ ratings: 50, ratingSum: 235 }).toFixed(3), '4.583')
    t.strictSame([rated(4, 1), rated(5, 5), rated(15, 5), rated(5, 3), rated(20, 2)].map((ratings) => level({ invitations: 20, ...ratings })), [3, 3, 4, 2, 1], 'four do not count, five fives are 4.33, fifteen 4.6, five threes 3.67, twenty twos 2.67')
  })

  t.test('is one lower for each complaint upheld in the twelve months before, also of who has earned more than five [M14]', async (t) => {
    const aYearAgo = new Date('2026-03-01T04:00:00Z')
    t.equal(level({ invitations: 50, upheldAt: [now] }), 3)
    t.equal(level({ invitations: 100, ...rated(15, 5), upheldAt: [now] }), 4)
    t.equal(level({ invitations: 50, upheldAt: [aYearAgo] }), 4, 'to the very second')
    t.equal(level({ invitations: 50, upheldAt: [new Date(aYearAgo.getTime() + 1)] }), 3)
    t.strictSame(starLevel({ ...nothing, invitations: 50, upheldAt: [now] }, now).changesAt, new Date('2028-03-01T04:00:00Z'))
    t.equal(level({ upheldAt: [now, now, now] }), 1, 'none is lower than one')
  })

  t.test('whatever happened → lies within 1 and 5, is the sum of its parts, and one more complaint lowers it by one until 1 [M13 M14]', async () => {
    const tallies = fc.record({
      invitations: fc.nat(200), ratings: fc.nat(60), mean: fc.double({ min: 1, max: 5, noNaN: true }),
      upheldAt: fc.array(fc.date({ min: new Date('2025-01-01'), max: new Date('2027-03-01'), noInvalidDate: true }), { maxLength: 4 })
    })
    fc.assert(fc.property(tallies, ({ mean, ...counts }) => {
      const tally = { ...counts, ratingSum: Math.round(counts.ratings * mean) }
      const reckoned = starLevel(tally, now)
      const lowered = starLevel({ ...tally, upheldAt: [...tally.upheldAt, now] }, now)
      const sum = reckoned.parts.reduce((so, { change }) => so + change, 0)
      return reckoned.level >= 1 && reckoned.level <= 5 && sum === reckoned.level && lowered.level === Math.max(1, reckoned.level - 1)
    }), { numRuns: 10_000 })
  })

  t.test('says why, in both languages', async (t) => {
    const reckoned = starLevel({ invitations: 27, ratings: 31, ratingSum: 152, upheldAt: [now] }, now)
    t.strictSame(starWords(reckoned), {
      zh: '收到并已付费的邀约27次，基础3星；评价31条，加权均分4.68，+1；近12个月成立的投诉1件，−1；共3星。',
      en: '27 invitations received and paid: base 3; 31 ratings, weighted mean 4.68: +1; 1 complaints upheld in the last 12 months: −1; level 3.'
    })
  })
})
