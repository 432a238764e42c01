const words = {
  zh: {
    otherLanguage: 'English', voiceOn: '语音：开', voiceOff: '语音：关', leave: '结束', setup: '设备设置', setupHint: '由工作人员填写一次：本机名称与设备凭证。', deviceName: '本机名称', deviceToken: '设备凭证', save: '保存',
    welcome: '您好，请选择登录方式', welcomeHint: '刷脸只在您选择后才开启摄像头，照片不会保存。您也可以使用卡、二维码或手机。', face: '刷脸', card: '刷卡或扫码', phone: '手机验证码', look: '请看镜头', lookHint: '请按提示做动作', begin: '开始', noCamera: '没有摄像头：请选择按提示依次拍摄的照片（3 到 12 张）', pictures: '照片', again: '再试一次', busy: '请稍候……',
    confirm: '请确认是否本人', yes: '是我', no: '不是我', tail: '尾号', digits: '请输入证件号、手机号或就诊号的后四位', second: '请用其他方式登录', document: '请刷卡，或把证件、二维码放到读卡器上', documentHint: '请使用读卡器，不能手工输入。', unreadable: '没有读到，请再试一次',
    phoneNumber: '手机号码', sendCode: '发送验证码', code: '验证码', codeSent: '如果医院有这个号码，验证码已发送。', wrongCode: '验证码不对或已过期', unknown: '没有找到您的档案', unknownHint: '可以为您建立新编号。是否同意保存人脸特征，下次刷脸登录？不同意也可以建立编号。', agree: '查看并决定', refuse: '不保存人脸', consent: '人脸信息处理单独同意书', iAgree: '我同意',
    facts: '请填写基本信息', name: '姓名', birthDate: '出生日期', gender: '性别', male: '男', female: '女', unsaid: '不说明', next: '下一步', number: '您的新编号', file: '医院还没有您的档案，请填写', guardian: '未满 14 周岁，请监护人到窗口办理', toDesk: '请到窗口办理', home: '请选择服务', vitals: '测量与健康建议', doctor: '推荐医生', measure: '请填写测量值', systolic: '收缩压 (mmHg)', diastolic: '舒张压 (mmHg)', pulse: '脉搏 (次/分)', temperature: '体温 (°C)', saturation: '血氧 (%)', glucose: '血糖 (mmol/L)', weight: '体重 (kg)', height: '身高 (cm)', submit: '提交',
    advice: '健康建议', adviceHint: '建议按公开标准给出，不是诊断，也不是处方。', doctors: '为您推荐的医生', noDoctor: '暂时没有可推荐的医生，请到导诊台', registerHere: '挂这个号', consult: '在线咨询', consultDoctor: '在线问诊', ask: '请说说您的情况', askAnybody: '值班医生会回复您。', complaint: '哪里不舒服', how: '方式', text: '文字', voice: '语音', video: '视频', send: '发送', notOffered: '现在不提供这种方式，请换一种方式', wait: '已提交，请稍候', waitHint: '医院确认后自动开始。您也可以离开，稍后在手机应用里查看。', payInApp: '请在手机应用里付费后继续', nobodyThere: '暂时没有医生能接，费用会原路退回', talk: '与医生交谈', message: '写给医生', call: '语音或视频', theDoctor: '医生', me: '我', event: '（状态已更新）', aPicture: '（图片，请在手机应用里查看）', over: '已结束', overHint: '记录可以在手机应用里查看。再见！', done: '已登记', doneHint: '请按号就诊。再见！', trouble: '暂时无法使用，请稍后再试或到窗口办理', idle: '长时间没有操作，已退出'
  },
  en: {
    otherLanguage: '中文', voiceOn: 'Voice: on', voiceOff: 'Voice: off', leave: 'Leave', setup: 'Set up this device', setupHint: 'Filled in once by staff: the name of this device and its credential.', deviceName: 'Name of the device', deviceToken: 'Credential', save: 'Save',
    welcome: 'Welcome. How would you like to sign in?', welcomeHint: 'The camera is on only after you choose it, and pictures are not kept. You can always use a card, a code or your phone.', face: 'Look into the camera', card: 'Card or QR code', phone: 'Code by phone', look: 'Look into the camera', lookHint: 'Follow the steps', begin: 'Begin', noCamera: 'No camera: choose pictures taken in the order of the steps (3 to 12)', pictures: 'Pictures', again: 'Try again', busy: 'One moment …',
    confirm: 'Is this you?', yes: 'Yes, it is me', no: 'No, it is not', tail: 'number ending in', digits: 'Type the last four digits of your id, phone or hospital number', second: 'Please sign in another way', document: 'Hold your card, id or QR code to the reader', documentHint: 'Use the reader; numbers cannot be typed.', unreadable: 'It was not read. Try again',
    phoneNumber: 'Phone number', sendCode: 'Send the code', code: 'Code', codeSent: 'If the hospital knows this number, a code is on its way.', wrongCode: 'The code is wrong or too old', unknown: 'No record of you was found', unknownHint: 'A new number can be made. May your face be kept, so that you can sign in with it next time? You get a number either way.', agree: 'Read and decide', refuse: 'Do not keep my face', consent: 'Separate consent for your face', iAgree: 'I agree',
    facts: 'About you', name: 'Name', birthDate: 'Day of birth', gender: 'Sex', male: 'male', female: 'female', unsaid: 'not said', next: 'Next', number: 'Your new number', file: 'The hospital has no file of yours yet', guardian: 'Under 14: a guardian decides at the desk', toDesk: 'Please go to the desk', home: 'What would you like to do?', vitals: 'Measure and get advice', doctor: 'Find a doctor', measure: 'What was measured', systolic: 'Systolic (mmHg)', diastolic: 'Diastolic (mmHg)', pulse: 'Pulse (per minute)', temperature: 'Temperature (°C)', saturation: 'Oxygen saturation (%)', glucose: 'Glucose (mmol/L)', weight: 'Weight (kg)', height: 'Height (cm)', submit: 'Submit',
    advice: 'Health advice', adviceHint: 'By published standards; it is no diagnosis and no prescription.', doctors: 'Doctors for you', noDoctor: 'No doctor can be recommended now. Ask at the reception', registerHere: 'Register here', consult: 'Ask a doctor online', consultDoctor: 'See this doctor online', ask: 'What is it about?', askAnybody: 'A doctor on duty will answer.', complaint: 'In your own words', how: 'How', text: 'In writing', voice: 'By voice', video: 'By video', send: 'Send', notOffered: 'This is not offered now; choose another way', wait: 'Sent. One moment, please', waitHint: 'It begins by itself when the hospital agrees. You may also leave and look in your app later.', payInApp: 'Please pay in your app to go on', nobodyThere: 'No doctor can take it now; what was paid goes back', talk: 'With the doctor', message: 'To the doctor', call: 'Voice or video', theDoctor: 'Doctor', me: 'Me', event: '(there is news)', aPicture: '(a picture; see it in your app)', over: 'This has ended', overHint: 'You find it in your app. Goodbye!', done: 'You are registered', doneHint: 'Please wait for your number. Goodbye!', trouble: 'This does not work now. Try again later or go to the desk', idle: 'Nothing happened for a while, so you were signed out'
  }
}

let language = 'zh'
export const languageNow = () => language
export const changeLanguage = () => { language = language === 'zh' ? 'en' : 'zh' }
export const word = (key) => words[language][key]

let isVoiceOn = true
export const voiceIsOn = () => isVoiceOn
export const changeVoice = () => {
  isVoiceOn = !isVoiceOn
  hush()
}
export const hush = () => { globalThis.speechSynthesis?.cancel() }

/** Reads aloud, in place of what was being read. */
export function say (text) {
  hush()
  if (!isVoiceOn || text === '' || globalThis.speechSynthesis === undefined) return
  const utterance = new SpeechSynthesisUtterance(text)
  utterance.lang = language === 'zh' ? 'zh-CN' : 'en-GB'
  globalThis.speechSynthesis.speak(utterance)
}
