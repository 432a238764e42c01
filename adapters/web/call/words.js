const words = {
  zh: {
    otherLanguage: 'English', joining: '正在进入……', offline: '网络已断开，正在重连……', check: '设备检测', checkHint: '请确认能看到自己，说话时音量条会动。摄像头和麦克风只在通话中使用。', tryDevices: '检测摄像头和麦克风', noDevices: '无法使用摄像头或麦克风，可以用语音或文字。请检查浏览器权限；医院内网需使用 HTTPS。', onlySound: '只有麦克风可用', useVideo: '视频进入', useVoice: '语音进入', useText: '仅文字进入', volume: '音量',
    room: '候诊室', roomHint: '医生会在此发起通话，您也可以先发文字或图片。', doctorHint: '患者在线时可发起通话；文字和图片随时可发。', otherIn: '对方在线', otherOut: '对方不在线', callVideo: '视频通话', callVoice: '语音通话', test: '设备检测', rings: '正在呼叫对方……', stopRinging: '取消呼叫',
    ringing: '医生邀请您通话', acceptVideo: '视频接听', acceptVoice: '语音接听', acceptText: '仅文字', decline: '拒绝', connecting: '正在接通……', live: '通话中', reconnecting: '对方网络不稳，正在恢复……', voice: '仅语音', video: '视频', text: '仅文字', mute: '静音', unmute: '取消静音', hangUp: '挂断', weak: '网络较弱，已自动降低画质', weakVoice: '网络较弱，已转为语音', weakText: '网络很弱，请用文字交流',
    over: '本次服务已结束', overHint: '可以关闭本页面。', gone: '无法进入', goneHint: '链接已失效，请从应用重新打开。', say: '发送', saying: '输入文字', picture: '图片', pictureText: '[图片]', dialogue: '会话', outside: '本次通话使用外部会议，请在应用中打开。', unsent: '发送失败'
  },
  en: {
    otherLanguage: '中文', joining: 'Joining …', offline: 'The network is gone; trying again …', check: 'Test your devices', checkHint: 'You should see yourself, and the bar should move when you speak. Camera and microphone are used in the call only.', tryDevices: 'Test camera and microphone', noDevices: 'Camera or microphone cannot be used; you can still use sound or text. Check the permissions of the browser; a hospital network needs HTTPS.', onlySound: 'Only the microphone works', useVideo: 'Enter with video', useVoice: 'Enter with sound', useText: 'Enter with text only', volume: 'Volume',
    room: 'Waiting room', roomHint: 'The doctor starts the call here. You can write or send pictures meanwhile.', doctorHint: 'Call when the other side is here; text and pictures go at any time.', otherIn: 'The other side is here', otherOut: 'The other side is not here', callVideo: 'Video call', callVoice: 'Voice call', test: 'Test devices', rings: 'Ringing at the other side …', stopRinging: 'Stop ringing',
    ringing: 'The doctor is calling you', acceptVideo: 'Answer with video', acceptVoice: 'Answer with sound', acceptText: 'Text only', decline: 'Decline', connecting: 'Connecting …', live: 'In the call', reconnecting: 'The other side\'s network is unsteady; coming back …', voice: 'Sound only', video: 'Video', text: 'Text only', mute: 'Mute', unmute: 'Unmute', hangUp: 'Hang up', weak: 'Weak network: the picture is smaller now', weakVoice: 'Weak network: sound only now', weakText: 'Very weak network: please write',
    over: 'This service has ended', overHint: 'You can close this page.', gone: 'You cannot enter', goneHint: 'The link is over. Open it again from your app.', say: 'Send', saying: 'Write here', picture: 'Picture', pictureText: '[picture]', dialogue: 'Dialogue', outside: 'This call uses an outside room; open it in your app.', unsent: 'Not sent'
  }
}

const events = {
  zh: { call_started: '医生发起通话', call_accepted: '已接听', call_declined: '已拒绝', call_no_answer: '无人接听', call_hung_up: '通话已挂断', call_absent: '双方已离开', doctor_assigned: '已安排医生', doctor_switched: '已更换医生' },
  en: { call_started: 'The doctor calls', call_accepted: 'Answered', call_declined: 'Declined', call_no_answer: 'No answer', call_hung_up: 'The call was hung up', call_absent: 'Both sides left', doctor_assigned: 'A doctor was assigned', doctor_switched: 'The doctor was changed' }
}

let language = 'zh'
export const languageNow = () => language
export const setLanguage = (wanted) => { if (Object.hasOwn(words, wanted)) language = wanted }
export const word = (key) => words[language][key]
/** An event of the dialogue; what this page does not know is shown as its code. */
export const eventWord = (code) => events[language][code] ?? code.replaceAll('_', ' ')
