/** Classes that may not be prescribed over the internet. */
export const controlledClasses = ['narcotic', 'psychotropic_1', 'psychotropic_2', 'toxic', 'radioactive', 'site'] as const
export type ControlledClass = typeof controlledClasses[number]

export interface ControlledDrug {
  readonly class: ControlledClass
  /** 通用名; a drug whose name contains it is one. */
  readonly names: readonly string[]
  /** Codes of the site's own catalogue, as they are. */
  readonly codes: readonly string[]
  /** Beginnings of ATC codes; only looked at where a code has their form, e.g. N05BA01. */
  readonly atc: readonly string[]
}

export interface ControlledDrugList {
  readonly version: string
  readonly source: string
  readonly drugs: readonly ControlledDrug[]
}

/**
 * 特殊管理药品. 互联网诊疗管理办法（试行）2018 art. 20: no prescriptions of narcotic and psychotropic drugs and of others under
 * special rules. The names are the generic names in clinical use in China out of the catalogues named in `source`; the
 * catalogues themselves are longer, and a site adds its own codes and names (SITE_CONFIG prescriptions.controlledDrugs).
 */
export const controlledDrugList: ControlledDrugList = {
  version: '2024-07',
  source: '麻醉药品品种目录（2013年版）、精神药品品种目录（2013年版）及其后增列公告; 医疗用毒性药品管理办法; 互联网诊疗管理办法（试行）第二十条',
  drugs: [
    {
      class: 'narcotic',
      names: ['吗啡', '可待因', '哌替啶', '度冷丁', '芬太尼', '美沙酮', '羟考酮', '氢可酮', '氢吗啡酮', '阿片', '罂粟壳', '罂粟浓缩物', '可卡因', '布桂嗪', '二氢埃托啡', '乙基吗啡', '福尔可定', '右丙氧芬', '地芬诺酯', '蒂巴因', '海洛因', '奥赛利定',
        'morphine', 'codeine', 'pethidine', 'meperidine', 'fentanil', 'fentanyl', 'methadone', 'oxycodone', 'hydrocodone', 'hydromorphone', 'opium tincture', 'cocaine', 'bucinnazine', 'diphenoxylate', 'oliceridine'],
      codes: [],
      atc: ['N02AA', 'N02AB', 'N07BC02', 'N01AH']
    },
    {
      class: 'psychotropic_1',
      names: ['氯胺酮', '哌甲酯', '司可巴比妥', '丁丙诺啡', '三唑仑', '羟丁酸', '马吲哚', '苯丙胺', '莫达非尼', '咪达唑仑', 'ketamine', 'methylphenidate', 'secobarbital', 'buprenorphine', 'triazolam', 'oxybate', 'mazindol', 'amfetamine', 'amphetamine', 'modafinil', 'midazolam'],
      codes: [],
      atc: ['N01AX03', 'N01AX14', 'N06BA04', 'N05CA06', 'N02AE01', 'N05CD05', 'N05CD08', 'N06BA01', 'N06BA02', 'N06BA07']
    },
    {
      class: 'psychotropic_2',
      names: ['地西泮', '安定片', '艾司唑仑', '舒乐安定', '阿普唑仑', '劳拉西泮', '氯硝西泮', '硝西泮', '奥沙西泮', '瑞马唑仑', '氟西泮', '替马西泮', '氯氮䓬', '苯巴比妥', '异戊巴比妥', '巴比妥', '戊巴比妥', '唑吡坦', '佐匹克隆', '扎来普隆', '曲马多',
        '喷他佐辛', '布托啡诺', '地佐辛', '麦角胺咖啡因', '安钠咖', '咖啡因', '甲丙氨酯', '匹莫林', '格鲁米特', '芬氟拉明', '纳布啡', '依他佐辛', '依托咪酯', '苏沃雷生', '吡仑帕奈', '右美沙芬', '纳呋拉啡', '氯卡色林',
        'diazepam', 'estazolam', 'alprazolam', 'lorazepam', 'clonazepam', 'nitrazepam', 'oxazepam', 'remimazolam', 'temazepam', 'phenobarbital', 'barbital', 'zolpidem', 'zopiclone', 'zaleplon', 'tramadol', 'pentazocine', 'butorphanol', 'dezocine', 'nalbuphine',
        'eptazocine', 'etomidate', 'suvorexant', 'perampanel', 'dextromethorphan', 'nalfurafine', 'lorcaserin'],
      codes: [],
      atc: ['N05BA', 'N05CD', 'N05CF', 'N05CA', 'N02AX02', 'N02AD', 'N02AF', 'N03AA02', 'N03AE01', 'N01AX07', 'N03AX22', 'R05DA09']
    },
    { class: 'toxic', names: ['肉毒毒素', '肉毒素', '三氧化二砷', '亚砷酸', '士的宁', '水杨酸毒扁豆碱', 'arsenic trioxide', 'botulinum', 'strychnine'], codes: [], atc: ['M03AX01', 'L01XX27'] },
    { class: 'radioactive', names: ['131I', '99mTc', '89Sr', '223Ra', '18F]', '放射性'], codes: [], atc: ['V09', 'V10'] }
  ]
}

const atcForm = /^[a-z]\d{2}[a-z]{2}\d{2}$/
const folded = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, '')

/** The class that forbids a drug; null: none. A name is looked for anywhere in it, since salts and forms stand around it. */
export function controlledClassOf ({ code, name }: { readonly code: string, readonly name: string }, lists: ReadonlyArray<Pick<ControlledDrugList, 'drugs'>>): ControlledClass | null {
  const [wantedCode, wantedName] = [folded(code), folded(name)]
  const found = lists.flatMap(({ drugs }) => drugs).find(({ names, codes, atc }) =>
    names.some((one) => wantedName.includes(folded(one))) || codes.some((one) => wantedCode === folded(one)) || (atcForm.test(wantedCode) && atc.some((one) => wantedCode.startsWith(folded(one)))))
  return found?.class ?? null
}
