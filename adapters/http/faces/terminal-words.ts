import type { ChallengeStep, FrameFault, IdentifyAnswer } from '../../../core/faces/index.ts'

/** What whoever stands at the terminal reads and hears. */
export interface Words {
  readonly zh: string
  readonly en: string
}

export const stepWords: Readonly<Record<ChallengeStep, Words>> = {
  look_straight: { zh: '请正对镜头', en: 'Look straight into the camera.' },
  turn_left: { zh: '请慢慢向左转头，再转回来', en: 'Turn your head slowly to your left, then back.' },
  turn_right: { zh: '请慢慢向右转头，再转回来', en: 'Turn your head slowly to your right, then back.' },
  blink: { zh: '请闭一下眼睛，再睁开', en: 'Close your eyes for a moment, then open them.' }
}

export const faultWords: Readonly<Record<FrameFault, Words>> = {
  unreadable: { zh: '照片无法读取，请重新拍摄', en: 'The picture cannot be read. Take it again.' },
  no_face: { zh: '没有看到人脸，请站到镜头前', en: 'No face is seen. Stand in front of the camera.' },
  several_faces: { zh: '画面里有多个人，请一个人站在镜头前', en: 'More than one person is seen. Only one may stand before the camera.' },
  too_far: { zh: '请走近一些', en: 'Come a little closer.' },
  blurred: { zh: '画面模糊，请站稳不动', en: 'The picture is blurred. Stand still.' },
  too_dark: { zh: '光线太暗，请面向有光的地方', en: 'It is too dark. Face the light.' },
  too_bright: { zh: '光线太强，请避开强光', en: 'It is too bright. Step out of the strong light.' },
  low_contrast: { zh: '面部不清晰，请调整光线', en: 'Your face is not clear. Change the light.' },
  turned_away: { zh: '请把脸正对镜头', en: 'Turn your face to the camera.' },
  eyes_closed: { zh: '请睁开眼睛', en: 'Open your eyes.' }
}

export const notLiveWords: Readonly<Record<Extract<IdentifyAnswer, { readonly kind: 'not_live' }>['because'], Words>> = {
  no_challenge: { zh: '请按提示做动作后再试', en: 'Follow the steps on the screen, then try again.' },
  too_few: { zh: '看到的画面太少，请一直面对镜头', en: 'Too little was seen. Keep your face before the camera.' },
  repeated: { zh: '画面没有变化，请对着镜头做动作', en: 'The picture did not change. Do the steps before the camera.' },
  several_people: { zh: '画面里不是同一个人，请一个人完成动作', en: 'More than one person was seen. One person does all the steps.' },
  steps_missing: { zh: '动作没有完成，请按提示重做', en: 'The steps were not completed. Please do them again.' }
}
